package nestor.autodiff;

import static nestor.autodiff.Dispatch.apply;

/// The pointwise operators of [Tensor]: arithmetic, functions, comparisons, choice. All broadcast
/// as in NumPy.
public sealed interface Arithmetic permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  // ---------------------------------------------------------------- arithmetic

  /// a + b
  default Tensor plus(Tensor other) {
    return apply(Binary.ADD, self(), other);
  }

  /// a + b
  default Tensor plus(double other) {
    return plus(self().constant(other));
  }

  /// a − b
  default Tensor minus(Tensor other) {
    return apply(Binary.SUB, self(), other);
  }

  /// a − b
  default Tensor minus(double other) {
    return minus(self().constant(other));
  }

  /// a · b, element by element
  default Tensor times(Tensor other) {
    return apply(Binary.MUL, self(), other);
  }

  /// a · b
  default Tensor times(double other) {
    return times(self().constant(other));
  }

  /// a / b, of floating operands
  default Tensor div(Tensor other) {
    return apply(Binary.DIV, self(), other);
  }

  /// a / b, of floating operands
  default Tensor div(double other) {
    return div(self().constant(other));
  }

  /// ⌊a / b⌋, of integers
  default Tensor floorDiv(Tensor other) {
    return apply(IntegerDivision.FLOOR_DIV, self(), other);
  }

  /// a − b ⌊a / b⌋, of integers
  default Tensor remainder(Tensor other) {
    return apply(IntegerDivision.REMAINDER, self(), other);
  }

  /// aᵇ, of floating operands
  default Tensor pow(Tensor exponent) {
    return apply(Binary.POW, self(), exponent);
  }

  /// aᵇ, of a floating operand
  default Tensor pow(double exponent) {
    return pow(self().constant(exponent));
  }

  /// The larger of a and b; NaN wins, ties share the gradient.
  default Tensor maximum(Tensor other) {
    return apply(Binary.MAXIMUM, self(), other);
  }

  /// The larger of a and b; NaN wins, ties share the gradient.
  default Tensor maximum(double other) {
    return maximum(self().constant(other));
  }

  /// The smaller of a and b; NaN wins, ties share the gradient.
  default Tensor minimum(Tensor other) {
    return apply(Binary.MINIMUM, self(), other);
  }

  /// The smaller of a and b; NaN wins, ties share the gradient.
  default Tensor minimum(double other) {
    return minimum(self().constant(other));
  }

  /// x limited to [low, high]; the gradient is 1 inside and on the bounds, 0 outside.
  default Tensor clip(double low, double high) {
    Tensor fromBelow = less(low).where(self().constant(low), self());
    return greater(high).where(self().constant(high), fromBelow);
  }

  // ---------------------------------------------------------------- functions of one operand

  /// −x
  default Tensor neg() {
    return self().dtype().isInteger() ? self().constant(0).minus(self()) : apply(Unary.NEG, self());
  }

  /// eˣ
  default Tensor exp() {
    return apply(Unary.EXP, self());
  }

  /// eˣ − 1
  default Tensor expm1() {
    return apply(Unary.EXPM1, self());
  }

  /// ln x
  default Tensor log() {
    return apply(Unary.LOG, self());
  }

  /// ln(1 + x)
  default Tensor log1p() {
    return apply(Unary.LOG1P, self());
  }

  /// sin x
  default Tensor sin() {
    return apply(Unary.SIN, self());
  }

  /// cos x
  default Tensor cos() {
    return apply(Unary.COS, self());
  }

  /// arctan x
  default Tensor atan() {
    return apply(Unary.ATAN, self());
  }

  /// tanh x
  default Tensor tanh() {
    return apply(Unary.TANH, self());
  }

  /// 1 / (1 + e⁻ˣ)
  default Tensor sigmoid() {
    return apply(Unary.SIGMOID, self());
  }

  /// ln(1 + eˣ)
  default Tensor softplus() {
    return apply(Unary.SOFTPLUS, self());
  }

  /// The error function.
  default Tensor erf() {
    return apply(Unary.ERF, self());
  }

  /// √x
  default Tensor sqrt() {
    return apply(Unary.SQRT, self());
  }

  /// 1 / √x
  default Tensor rsqrt() {
    return apply(Unary.RSQRT, self());
  }

  /// 1 / x
  default Tensor reciprocal() {
    return apply(Unary.RECIPROCAL, self());
  }

  /// |x|
  default Tensor abs() {
    return self().dtype().isInteger() ? maximum(neg()) : apply(Unary.ABS, self());
  }

  /// x²
  default Tensor square() {
    return self().dtype().isInteger() ? times(self()) : apply(Unary.SQUARE, self());
  }

  /// max(x, 0), with derivative 0 at 0
  default Tensor relu() {
    return apply(Unary.RELU, self());
  }

  /// −1, 0 or 1; derivative 0.
  default Tensor sign() {
    return apply(PiecewiseConstant.SIGN, self());
  }

  /// ⌊x⌋; derivative 0.
  default Tensor floor() {
    return apply(PiecewiseConstant.FLOOR, self());
  }

  /// ⌈x⌉; derivative 0.
  default Tensor ceil() {
    return apply(PiecewiseConstant.CEIL, self());
  }

  /// The nearest whole number, halves to the even one; derivative 0.
  default Tensor round() {
    return apply(PiecewiseConstant.ROUND, self());
  }

  /// The elements as another type: floats to integers by truncation, to truth values as x ≠ 0.
  default Tensor cast(DType to) {
    return to == self().dtype() ? self() : apply(new Cast(to), self());
  }

  // ---------------------------------------------------------------- comparisons and choice

  /// a = b
  default Tensor equal(Tensor other) {
    return apply(Compare.EQUAL, self(), other);
  }

  /// a ≠ b
  default Tensor notEqual(Tensor other) {
    return apply(Compare.NOT_EQUAL, self(), other);
  }

  /// a < b
  default Tensor less(Tensor other) {
    return apply(Compare.LESS, self(), other);
  }

  /// a < b
  default Tensor less(double other) {
    return less(self().constant(other));
  }

  /// a ≤ b
  default Tensor lessEqual(Tensor other) {
    return apply(Compare.LESS_EQUAL, self(), other);
  }

  /// a > b
  default Tensor greater(Tensor other) {
    return apply(Compare.GREATER, self(), other);
  }

  /// a > b
  default Tensor greater(double other) {
    return greater(self().constant(other));
  }

  /// a ≥ b
  default Tensor greaterEqual(Tensor other) {
    return apply(Compare.GREATER_EQUAL, self(), other);
  }

  /// Both truth values hold.
  default Tensor and(Tensor other) {
    return apply(Logical.AND, self(), other);
  }

  /// At least one truth value holds.
  default Tensor or(Tensor other) {
    return apply(Logical.OR, self(), other);
  }

  /// Exactly one truth value holds.
  default Tensor xor(Tensor other) {
    return apply(Logical.XOR, self(), other);
  }

  /// The truth value does not hold.
  default Tensor not() {
    return xor(Tensor.scalar(DType.BOOL, 1));
  }

  /// `ifTrue` where this truth value holds, else `ifFalse`, element by element.
  default Tensor where(Tensor ifTrue, Tensor ifFalse) {
    return apply(new Where(), self(), ifTrue, ifFalse);
  }

  /// The same value as a constant: no gradient flows through it.
  default Tensor stopGradient() {
    return apply(new StopGradient(), self());
  }
}
