package nestor.hope;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Linear;

/// Memories with parameters that are all different from 0, and what they read.
final class Memories {
  static final Key KEY = Key.of(101);
  static final int WIDTH = 4;

  private Memories() {}

  static DeltaRule delta(int width) {
    return random(DeltaRule.init(KEY, DType.FLOAT64, width));
  }

  static GatedDeltaRule gated(int width) {
    return random(GatedDeltaRule.init(KEY, DType.FLOAT64, width));
  }

  static List<AssociativeMemory> all() {
    return List.of(gated(WIDTH), delta(WIDTH), new NoMemory(DType.FLOAT64));
  }

  static HopeModel model(AssociativeMemory memory) {
    HopeModel.Sizes sizes = new HopeModel.Sizes(3, 2, WIDTH, 2, 2);
    return random(HopeModel.init(KEY, DType.FLOAT64, sizes, key -> memory));
  }

  /// The tree with other numbers, normal with a standard deviation of one half.
  static <T> T random(T tree) {
    return Tree.mapWithPath(
        tree,
        (path, leaf) -> KEY.fold(path).normal(leaf.dtype(), leaf.shape().toArray()).times(0.5));
  }

  static Tensor tokens(int samples, int time, int width) {
    return KEY.fold("tokens").normal(DType.FLOAT64, samples, time, width);
  }

  /// Content for memories that is not where they start.
  static Tensor content(AssociativeMemory memory, int samples) {
    Tensor start = memory.start(samples);
    return KEY.fold("content").normal(start.dtype(), start.shape().toArray());
  }

  /// A gate layer that ignores its input: its biases are the logits.
  static Linear constantGate(int width, double... logits) {
    return new Linear(Tensor.zeros(DType.FLOAT64, logits.length, width), Tensor.of(logits));
  }

  /// One token of each sample, `[samples, width]`.
  static Tensor token(Tensor x, int t) {
    return x.slice(1, t, t + 1).reshape(x.shape().dim(0), x.shape().dim(2));
  }
}
