package nestor.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.train.Mode;

/// Forward and backward of a memory over sequences, token by token: the gradient of its outputs'
/// mean square with respect to projections, gates and the memory that a sequence begins with.
public final class MemorySequence implements Workload {
  private static final String NAME = "memory_sequence";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    int[][] sizes = {{8, 64, 32}, {8, 256, 64}, {4, 1024, 64}};
    for (int[] size : sizes) {
      cases.add(delta(size[0], size[1], size[2]));
    }
    for (int[] size : sizes) {
      cases.add(titans(size[0], size[1], size[2]));
    }
    return List.copyOf(cases);
  }

  /// The delta rule over a batch of sequences.
  public static Case delta(int batch, int length, int width) {
    return deltaGradient(batch, length, width);
  }

  private static SequenceGradient<DeltaMemory> deltaGradient(int batch, int length, int width) {
    return new SequenceGradient<>(
        NAME,
        SequenceGradient.size("delta", batch, length, width),
        key -> DeltaMemory.init(key, width),
        DeltaMemory::over,
        Shape.of(length, batch, width));
  }

  /// The Titans memory over a batch of sequences.
  public static Case titans(int batch, int length, int width) {
    return titansGradient(batch, length, width);
  }

  private static SequenceGradient<TitansMemory> titansGradient(int batch, int length, int width) {
    return new SequenceGradient<>(
        NAME,
        SequenceGradient.size("titans", batch, length, width),
        key -> TitansMemory.init(key, width),
        TitansMemory::over,
        Shape.of(length, batch, width));
  }

  /// Vectors along the last axis, divided by their length.
  static Tensor normalized(Tensor x) {
    return x.div(x.square().sumKeepDims(-1).sqrt().maximum(1e-12));
  }

  @Override
  public Map<String, Tensor> small(Mode mode, DType dtype) {
    Map<String, Tensor> figures = new LinkedHashMap<>();
    figures.put("delta", deltaGradient(2, 5, 3).small(mode, dtype));
    figures.put("titans", titansGradient(2, 5, 3).small(mode, dtype));
    return figures;
  }
}
