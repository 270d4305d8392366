package nestor.meta;

import static nestor.autodiff.Transform.vmap;

import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.NewtonSchulz;

/// Parameters seen as matrices, for optimizers that treat rows and columns: a number or a vector is
/// a matrix of one row, and a tensor of more than two axes a stack of the matrices in its last two.
final class Matrices {
  /// Iterations of [#orthogonal], and what it adds to the norm: those of Muon.
  private static final int ITERATIONS = 5;

  private static final double TINY = 1e-7;

  private Matrices() {}

  /// Whether a parameter is a matrix or a stack of them, and not a number or a vector.
  static boolean isMatrix(Tensor leaf) {
    return leaf.shape().rank() >= 2;
  }

  /// The smaller of the two sizes.
  static int width(Tensor matrix) {
    return Math.min(matrix.shape().dim(-2), matrix.shape().dim(-1));
  }

  /// Whether there are more columns than rows.
  static boolean isWide(Tensor matrix) {
    return matrix.shape().dim(-1) > matrix.shape().dim(-2);
  }

  /// For a parameter's matrix, or each of its stack, a square matrix of its [#width]; for a number
  /// or a vector only what stands for it.
  static Tensor squares(Tensor leaf, IntFunction<Tensor> square) {
    if (!isMatrix(leaf)) {
      return leaf.constant(0);
    }
    int k = width(leaf);
    return Tensor.zeros(leaf.dtype(), stack(leaf, k, k)).plus(square.apply(k));
  }

  /// Whether there are more rows than columns.
  static boolean isTall(Tensor matrix) {
    return matrix.shape().dim(-2) > matrix.shape().dim(-1);
  }

  /// A function of matrices, applied to leaves that have their leading axes in common; numbers and
  /// vectors keep their shape.
  static Tensor map(Function<List<Tensor>, Tensor> f, Tensor... leaves) {
    Shape shape = leaves[0].shape();
    if (shape.rank() < 2) {
      return f.apply(Stream.of(leaves).map(leaf -> leaf.reshape(1, -1)).toList()).reshape(shape);
    }
    if (shape.rank() == 2) {
      return f.apply(List.of(leaves));
    }
    Tensor out =
        vmap(
            f,
            Stream.of(leaves)
                .map(leaf -> leaf.reshape(-1, leaf.shape().dim(-2), leaf.shape().dim(-1)))
                .toList());
    return out.reshape(stack(leaves[0], out.shape().dim(1), out.shape().dim(2)));
  }

  /// A stack's shape with other matrices in it.
  private static int[] stack(Tensor leaf, int rows, int columns) {
    int[] dims = leaf.shape().toArray();
    dims[dims.length - 2] = rows;
    dims[dims.length - 1] = columns;
    return dims;
  }

  /// The orthogonal factor of a matrix, roughly, by five quintic Newton–Schulz iterations; a vector
  /// or a number divided by its norm, which is that factor of a single row.
  static Tensor orthogonal(Tensor leaf) {
    int iterations = isMatrix(leaf) ? ITERATIONS : 0;
    return map(m -> NewtonSchulz.quintic(m.getFirst(), iterations, TINY), leaf);
  }
}
