package nestor.autodiff.plan.loop;

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
public final class Fusible {
  private Fusible() {}

  /// Whether a loop over numbers of a floating type can hold an operator.
  public static boolean is(DType dtype, Op op) {
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
  public static <V, B, M> V expand(Unary op, FloatAlgebra<V, B, M> on, V x) {
    return switch (op) {
      case EXP -> FloatFunctions.exp(on, x);
      case EXPM1 -> FloatFunctions.expm1(on, x);
      case LOG -> FloatFunctions.log(on, x);
      case LOG1P -> FloatFunctions.log1p(on, x);
      case SIN -> FloatFunctions.sin(on, x);
      case COS -> FloatFunctions.cos(on, x);
      case TANH -> FloatFunctions.tanh(on, x);
      case SIGMOID -> FloatFunctions.sigmoid(on, x);
      case SOFTPLUS -> FloatFunctions.softplus(on, x);
      case ERF -> FloatFunctions.erf(on, x);
      case NEG, SQRT, RSQRT, RECIPROCAL, ABS, SQUARE, RELU, ATAN ->
          throw new IllegalArgumentException(op.label() + " is none of them");
    };
  }
}
