package nestor.autodiff;

import java.util.Arrays;
import java.util.List;

/// An immutable array of numbers or truth values of any rank, the one kind of operand in this
/// library.
///
/// The operators stand in [Arithmetic] (pointwise) and [AxisOperators] (reductions, matrix
/// products, axes); here is how tensors come from Java arrays and back. Operators broadcast as in
/// NumPy. Element types never mix silently; a Java number among the operands takes the tensor's
/// type. Axes may be given from the end: −1 is the last one. Every floating operator is
/// differentiable to any order (see [Transform]).
///
/// A mistake in shapes, axes or types throws a [TensorException] that names the operator, the
/// shapes and the line of the calling code.
public sealed interface Tensor extends Arithmetic, AxisOperators
    permits Value, Traced, Batched, Symbol {

  /// Element type and shape.
  TensorType type();

  /// The sizes of the axes.
  default Shape shape() {
    return type().shape();
  }

  /// The element type.
  default DType dtype() {
    return type().dtype();
  }

  // ---------------------------------------------------------------- from Java

  /// A single `float64`.
  static Tensor scalar(double value) {
    return Value.over(DType.FLOAT64, Shape.SCALAR, new double[] {value});
  }

  /// A single number or truth value of any type, which must be able to hold `value`.
  static Tensor scalar(DType dtype, double value) {
    return full(dtype, value);
  }

  /// A vector of `float64`.
  static Tensor of(double... values) {
    return Value.over(DType.FLOAT64, Shape.of(values.length), values.clone());
  }

  /// A vector of `float32`.
  static Tensor of(float... values) {
    return Value.over(DType.FLOAT32, Shape.of(values.length), values.clone());
  }

  /// A vector of `int64`.
  static Tensor of(long... values) {
    return Value.over(DType.INT64, Shape.of(values.length), values.clone());
  }

  /// A vector of `int32`.
  static Tensor of(int... values) {
    return Value.over(DType.INT32, Shape.of(values.length), values.clone());
  }

  /// A vector of truth values.
  static Tensor of(boolean... values) {
    return Value.over(DType.BOOL, Shape.of(values.length), values.clone());
  }

  /// A tensor from a Java array of any depth, such as `double[][]`; all rows must be equally long.
  static Tensor fromArray(Object array) {
    return NestedArrays.read(array);
  }

  /// Zeros.
  static Tensor zeros(DType dtype, int... dims) {
    return full(dtype, 0, dims);
  }

  /// Ones.
  static Tensor ones(DType dtype, int... dims) {
    return full(dtype, 1, dims);
  }

  /// One number everywhere.
  static Tensor full(DType dtype, double value, int... dims) {
    return NestedArrays.full(dtype, value, NestedArrays.shape("full", dims));
  }

  /// The numbers 0, 1, …, n − 1.
  static Tensor arange(DType dtype, int n) {
    long[] numbers = new long[NestedArrays.shape("arange", n).size()];
    Arrays.setAll(numbers, i -> i);
    return Value.over(DType.INT64, Shape.of(n), numbers).cast(dtype);
  }

  /// The identity matrix `[n, n]`.
  static Tensor eye(DType dtype, int n) {
    Tensor rows = arange(DType.INT64, NestedArrays.shape("eye", n).size());
    return rows.reshape(n, 1).equal(rows).cast(dtype);
  }

  /// A tensor of a shape from its elements in row-major order.
  static Tensor of(Shape shape, double... values) {
    return NestedArrays.flat(DType.FLOAT64, shape, values.clone(), values.length);
  }

  /// A tensor of a shape from its elements in row-major order.
  static Tensor of(Shape shape, float... values) {
    return NestedArrays.flat(DType.FLOAT32, shape, values.clone(), values.length);
  }

  /// A tensor of a shape from its elements in row-major order.
  static Tensor of(Shape shape, long... values) {
    return NestedArrays.flat(DType.INT64, shape, values.clone(), values.length);
  }

  /// A tensor of a shape from its elements in row-major order.
  static Tensor of(Shape shape, int... values) {
    return NestedArrays.flat(DType.INT32, shape, values.clone(), values.length);
  }

  /// A tensor of a shape from its elements in row-major order.
  static Tensor of(Shape shape, boolean... values) {
    return NestedArrays.flat(DType.BOOL, shape, values.clone(), values.length);
  }

  /// Tensors joined along an axis.
  static Tensor concat(int axis, List<Tensor> parts) {
    if (parts.isEmpty()) {
      throw TensorException.at("concat: needs at least one tensor");
    }
    Tensor[] operands = parts.toArray(Tensor[]::new);
    int at = Dispatch.naming("concat", () -> parts.getFirst().shape().axis(axis), operands);
    return Dispatch.apply(new Concat(at), operands);
  }

  /// Tensors of one shape put side by side along a new axis.
  static Tensor stack(int axis, List<Tensor> parts) {
    if (parts.isEmpty()) {
      throw TensorException.at("stack: needs at least one tensor");
    }
    Shape shape = parts.getFirst().shape();
    int at = axis < 0 ? axis + shape.rank() + 1 : axis;
    boolean alike = parts.stream().allMatch(part -> part.shape().equals(shape));
    if (!alike || at < 0 || at > shape.rank()) {
      throw TensorException.of(
          "stack",
          alike ? "there is no place " + axis : "the shapes must be the same",
          parts.toArray(Tensor[]::new));
    }
    return concat(at, parts.stream().map(part -> part.expandDims(at)).toList());
  }

  /// Zeros of this tensor's type and shape, on its backend.
  default Tensor zerosLike() {
    return Dispatch.beside(this, full(dtype(), 0, shape().toArray()));
  }

  /// Ones of this tensor's type and shape, on its backend.
  default Tensor onesLike() {
    return Dispatch.beside(this, full(dtype(), 1, shape().toArray()));
  }

  /// A single number of this tensor's element type.
  default Tensor constant(double value) {
    if (!NestedArrays.isIn(dtype(), value)) {
      throw TensorException.of("constant", value + " is no " + dtype() + "; cast the tensor", this);
    }
    return full(dtype(), value);
  }

  /// This tensor's elements on a backend. Only for tensors that no transformation traces.
  default Tensor on(Backend backend) {
    if (this instanceof Value value) {
      return value.moveTo(backend);
    }
    throw TensorException.of("on", "a tensor inside a transformation stays where it is", this);
  }

  // ---------------------------------------------------------------- to Java

  /// The only element of a numeric tensor of size 1.
  default double item() {
    if (shape().size() != 1) {
      throw TensorException.of("item", "needs exactly one element", this);
    }
    return ((double[]) NestedArrays.convert(Dispatch.read(this, "item"), DType.FLOAT64))[0];
  }

  /// The elements in row-major order as `double`; truth values are 1 and 0.
  default double[] toDoubles() {
    return (double[]) NestedArrays.convert(Dispatch.read(this, "toDoubles"), DType.FLOAT64);
  }

  /// The elements in row-major order as `float`.
  default float[] toFloats() {
    return (float[]) NestedArrays.convert(Dispatch.read(this, "toFloats"), DType.FLOAT32);
  }

  /// The elements in row-major order as `long`, floats truncated.
  default long[] toLongs() {
    return (long[]) NestedArrays.convert(Dispatch.read(this, "toLongs"), DType.INT64);
  }

  /// The elements in row-major order as `int`, floats truncated.
  default int[] toInts() {
    return (int[]) NestedArrays.convert(Dispatch.read(this, "toInts"), DType.INT32);
  }

  /// The elements in row-major order as truth values, 0 as false.
  default boolean[] toBooleans() {
    return (boolean[]) NestedArrays.convert(Dispatch.read(this, "toBooleans"), DType.BOOL);
  }

  /// The elements as a Java array as deep as the rank, such as `double[][]` for a `float64` matrix.
  default Object toArray() {
    return NestedArrays.write(Dispatch.read(this, "toArray"));
  }
}
