package nestor.bench;

import nestor.autodiff.DType;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Numbers that are the same in every type, so that one type can be checked by another.
final class Draws {
  private Draws() {}

  /// A tree of `float32` leaves in another type; other leaves stay.
  static <T> T in(DType dtype, T tree) {
    return Tree.map(tree, leaf -> leaf.dtype() == DType.FLOAT32 ? leaf.cast(dtype) : leaf);
  }

  /// The numbers scale · sin(n + 1.3 i) for i = 0, 1, …, which PyTorch's figures are computed from.
  static Tensor wave(int n, double scale, DType dtype, int... dims) {
    double[] values = new double[Shape.of(dims).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = scale * Math.sin(n + 1.3 * i);
    }
    return Tensor.of(Shape.of(dims), values).cast(dtype);
  }

  /// A tree with the n-th leaf, counted from 0, replaced by the wave of that number.
  static <T> T waves(T tree, double scale, DType dtype) {
    int[] next = {0};
    return Tree.map(tree, leaf -> wave(next[0]++, scale, dtype, leaf.shape().toArray()));
  }

  /// All elements of all leaves, one after the other.
  static Tensor flat(Object tree) {
    return Tensor.concat(0, Tree.leaves(tree).stream().map(leaf -> leaf.reshape(-1)).toList());
  }
}
