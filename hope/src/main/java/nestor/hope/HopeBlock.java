package nestor.hope;

import nestor.autodiff.Tensor;
import nestor.cms.Cms;

/// One layer of HOPE, Behrouz et al., "Nested Learning" (2025), equations 94 to 97: a layer that
/// reads the sequence, and after it a continuum memory system, y = CMS(x + layer(x)).
///
/// With a self-modifying memory it is HOPE, with softmax attention Hope-Attention; with one block
/// in the continuum memory system, which then is an ordinary MLP block, it is the layer of a
/// Transformer, or of whatever reads the sequence.
///
/// ```java
/// var memory = GatedDeltaNet.init(key.fold("memory"), DType.FLOAT32, 64);
/// var block = new HopeBlock<>(memory, Cms.init(key.fold("cms"), DType.FLOAT32, 64, 3));
/// Tensor y = block.read(x); // x, y [8, time, 64]
/// ```
///
/// @param memory written within each sample
/// @param cms written across samples
public record HopeBlock<S>(SequenceLayer<S> memory, Cms cms) implements SequenceLayer<S> {
  @Override
  public S start(int samples) {
    return memory.start(samples);
  }

  @Override
  public Out<S> apply(Tensor x, S state) {
    Out<S> read = memory.apply(x, state);
    return new Out<>(cms.apply(x.plus(read.value())), read.state());
  }
}
