package nestor.autodiff;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// Draws operands for [Op#samples]: each call gives new numbers, the same ones for the same key.
public final class Sampler {
  /// Shapes that break kernels: rank 0, size 1, empty, primes, and one past a block of 16 lanes.
  static final List<Shape> AWKWARD =
      List.of(
          Shape.SCALAR,
          Shape.of(1),
          Shape.of(0),
          Shape.of(7),
          Shape.of(17),
          Shape.of(3, 5),
          Shape.of(2, 1, 3));

  private final Key key;
  private final DType dtype;
  private int draws;

  /// A sampler of operands of one floating type.
  public Sampler(Key key, DType dtype) {
    this.key = key;
    this.dtype = dtype;
  }

  /// A sampler for one operator: what it draws does not depend on the other operators.
  Sampler of(String operator) {
    return new Sampler(key.fold(operator), dtype);
  }

  /// The floating type that is drawn.
  DType dtype() {
    return dtype;
  }

  /// Real numbers uniform in `[low, high)`.
  Tensor reals(Shape shape, double low, double high) {
    return next().uniform(dtype, shape.toArray()).times(high - low).plus(low);
  }

  /// Real numbers of either sign with a size uniform in `[low, high)`: away from a kink at 0.
  Tensor awayFromZero(Shape shape, double low, double high) {
    Tensor sign = bools(shape).cast(dtype).times(2).minus(1);
    return reals(shape, low, high).times(sign);
  }

  /// Real numbers uniform in `[-2, 2)`.
  Tensor reals(int... dims) {
    return reals(Shape.of(dims), -2, 2);
  }

  /// Real numbers whose pairwise distances are at least 4 / size: no ties, no near ties.
  Tensor distinct(int... dims) {
    Shape shape = Shape.of(dims);
    Tensor ranks = next().permutation(shape.size()).cast(dtype);
    Tensor spread = ranks.times(4.0 / Math.max(1, shape.size())).minus(2);
    return spread.reshape(dims);
  }

  /// Integers uniform in `[low, high)`.
  Tensor integers(Shape shape, long low, long high) {
    return next().integers(low, high, shape.toArray());
  }

  /// Truth values, both equally often.
  Tensor bools(Shape shape) {
    return next().integers(0, 2, shape.toArray()).cast(DType.BOOL);
  }

  /// A random key's words.
  Tensor key() {
    return next().words();
  }

  /// Stacked random keys.
  Tensor keys(int count) {
    return next().stackedSplit(count).words();
  }

  /// One sample for each awkward shape.
  List<Sample> overShapes(Op op, Function<Shape, Tensor> operand) {
    return AWKWARD.stream().map(shape -> Sample.of(op, operand.apply(shape))).toList();
  }

  /// Samples of a pointwise operator of two operands: equal shapes, and broadcast left, right,
  /// both.
  List<Sample> overPairs(Op op, Function<Shape, Tensor> left, Function<Shape, Tensor> right) {
    int[][][] pairs = {
      {{}, {}},
      {{1}, {1}},
      {{0}, {0}},
      {{17}, {17}},
      {{3, 5}, {3, 5}},
      {{5}, {3, 5}},
      {{}, {7}},
      {{3, 5}, {3, 1}},
      {{3, 1}, {1, 5}},
      {{2, 1, 3}, {5, 1}},
      {{7}, {}},
      {{0, 3}, {1}}
    };
    return Arrays.stream(pairs)
        .map(pair -> Sample.of(op, left.apply(Shape.of(pair[0])), right.apply(Shape.of(pair[1]))))
        .toList();
  }

  private Key next() {
    return key.fold(draws++);
  }
}
