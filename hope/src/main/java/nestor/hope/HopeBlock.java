package nestor.hope;

import nestor.autodiff.Tensor;
import nestor.cms.Cms;

/// One layer of HOPE, Behrouz et al., "Nested Learning" (2025), equations 94 to 97: a memory of the
/// sequence, and after it a continuum memory system, y = CMS(x + memory(x)).
///
/// @param memory written within each sample
/// @param cms written across samples
public record HopeBlock(AssociativeMemory memory, Cms cms) {
  /// The layer's output for x `[samples, time, width]` and its memory's content after it.
  public AssociativeMemory.Out apply(Tensor x, Tensor state) {
    AssociativeMemory.Out read = memory.apply(x, state);
    return new AssociativeMemory.Out(cms.apply(x.plus(read.value())), read.state());
  }
}
