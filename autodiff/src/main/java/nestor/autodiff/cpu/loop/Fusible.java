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
import nestor.autodiff.cpu.functions.FloatAlgebra;
import nestor.autodiff.cpu.functions.FloatFunctions;

/// Which pointwise operators generated code computes.
final class Fusible {
  private Fusible() {}

  static boolean is(DType dtype, Op op) {
    return switch (op) {
      case Unary unary ->
          switch (unary) {
            case NEG, SQRT, RSQRT, RECIPROCAL, ABS, SQUARE, RELU -> true;
            case EXP, EXPM1, LOG, LOG1P, SIN, COS, TANH, SIGMOID, SOFTPLUS, ERF ->
                dtype == DType.FLOAT32;
            case ATAN -> false;
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
    return switch (op) {
      case EXP -> FloatFunctions.exp(f, x);
      case EXPM1 -> FloatFunctions.expm1(f, x);
      case LOG -> FloatFunctions.log(f, x);
      case LOG1P -> FloatFunctions.log1p(f, x);
      case SIN -> FloatFunctions.sin(f, x);
      case COS -> FloatFunctions.cos(f, x);
      case TANH -> FloatFunctions.tanh(f, x);
      case SIGMOID -> FloatFunctions.sigmoid(f, x);
      case SOFTPLUS -> FloatFunctions.softplus(f, x);
      case ERF -> FloatFunctions.erf(f, x);
      default -> throw new IllegalArgumentException(op.label() + " has no algebra form");
    };
  }
}
