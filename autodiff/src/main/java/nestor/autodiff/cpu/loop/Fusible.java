package nestor.autodiff.cpu.loop;

import nestor.autodiff.Binary;
import nestor.autodiff.Cast;
import nestor.autodiff.Compare;
import nestor.autodiff.DType;
import nestor.autodiff.Logical;
import nestor.autodiff.Op;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.StopGradient;
import nestor.autodiff.Unary;
import nestor.autodiff.Where;

/// Which pointwise operators generated code computes.
final class Fusible {
  private Fusible() {}

  static boolean is(DType dtype, Op op) {
    return switch (op) {
      case Unary unary ->
          switch (unary) {
            case NEG, SQRT, RSQRT, RECIPROCAL, ABS, SQUARE, RELU -> true;
            case EXP, EXPM1, LOG, LOG1P, SIN, COS, ATAN, TANH, SIGMOID, SOFTPLUS, ERF -> false;
          };
      case Binary binary -> binary != Binary.POW;
      case PiecewiseConstant step -> true;
      case Compare compare -> true;
      case Logical logical -> true;
      case Where where -> true;
      case StopGradient identity -> true;
      case Cast(DType to) -> to == dtype || to == DType.BOOL;
      default -> false;
    };
  }

  /// An elementary function of `float32`.
  static <V, B, M> V expand(Unary op, FloatAlgebra<V, B, M> f, V x) {
    throw new IllegalArgumentException(op.label() + " has no algebra form");
  }
}
