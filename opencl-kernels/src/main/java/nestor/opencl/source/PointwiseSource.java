package nestor.opencl.source;

import java.util.List;
import java.util.Map;
import nestor.autodiff.Binary;
import nestor.autodiff.Cast;
import nestor.autodiff.Compare;
import nestor.autodiff.DType;
import nestor.autodiff.IntegerDivision;
import nestor.autodiff.Logical;
import nestor.autodiff.Op;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Unary;
import nestor.autodiff.Where;

/// Pointwise operators on elements of any type, by themselves: those that no loop holds.
public final class PointwiseSource {
  private PointwiseSource() {}

  /// The kernel `pointwise.cl` for an operator.
  ///
  /// @param op the operator
  /// @param operands the types of its operands
  /// @param result the type of its result
  public static Source of(Op op, List<DType> operands, DType result) {
    DType a = operands.getFirst();
    DType b = operands.size() > 1 ? operands.get(1) : a;
    DType c = operands.size() > 2 ? operands.get(2) : a;
    return Resource.kernel(
        "pointwise",
        Map.of(
            "A",
            Types.of(a),
            "B",
            Types.of(b),
            "C",
            Types.of(c),
            "R",
            Types.of(result),
            "APPLY(a, b, c)",
            "(" + expression(op, b) + ")"));
  }

  private static String expression(Op op, DType operand) {
    return switch (op) {
      case Unary unary -> unary(unary, Types.of(operand));
      case Binary binary -> binary(binary, operand);
      case Compare compare -> "a %s b".formatted(sign(compare));
      case Logical.AND -> "a & b";
      case Logical.OR -> "a | b";
      case Logical.XOR -> "a ^ b";
      case IntegerDivision.FLOOR_DIV ->
          "b == 0 ? (COMPLAIN(0), (R)0) : b == -1 ? (R)(0 - a) : (R)(a / b - (a % b != 0 && (a < 0) != (b < 0)))";
      case IntegerDivision.REMAINDER ->
          "b == 0 ? (COMPLAIN(0), (R)0) : b == -1 ? (R)0 : (R)(a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0))";
      case Where where -> "a ? b : c";
      case PiecewiseConstant step ->
          switch (step) {
            case SIGN -> "a > 0 ? 1 : a < 0 ? -1 : a";
            case FLOOR -> "floor(a)";
            case CEIL -> "ceil(a)";
            case ROUND -> "rint(a)";
          };
      case Cast(DType to) -> cast(operand, to);
      default -> throw new IllegalArgumentException(op.label() + " is not pointwise");
    };
  }

  private static String unary(Unary op, String type) {
    return switch (op) {
      case NEG -> "-a";
      case EXP -> "exp(a)";
      case EXPM1 -> "expm1(a)";
      case LOG -> "log(a)";
      case LOG1P -> "log1p(a)";
      case SIN -> "sin(a)";
      case COS -> "cos(a)";
      case ATAN -> "atan(a)";
      case TANH -> "tanh(a)";
      case SIGMOID -> "(a >= 0 ? (%1$s)1 : exp(a)) / (1 + exp(-fabs(a)))".formatted(type);
      case SOFTPLUS -> "fmax(a, (%1$s)0) + log1p(exp(-fabs(a)))".formatted(type);
      case ERF -> "erf(a)";
      case SQRT -> "sqrt(a)";
      case RSQRT -> "1 / sqrt(a)";
      case RECIPROCAL -> "1 / a";
      case ABS -> "fabs(a)";
      case SQUARE -> "a * a";
      case RELU -> "a <= 0 ? 0 : a";
    };
  }

  /// Integers wrap, so they are added and multiplied without a sign.
  private static String binary(Binary op, DType dtype) {
    String type = Types.of(dtype);
    if (dtype.isFloat()) {
      return switch (op) {
        case ADD -> "a + b";
        case SUB -> "a - b";
        case MUL -> "a * b";
        case DIV -> "a / b";
        case POW -> "pow(a, b)";
        case MAXIMUM -> "maximum_%s(a, b)".formatted(type);
        case MINIMUM -> "minimum_%s(a, b)".formatted(type);
      };
    }
    return switch (op) {
      case ADD -> "(R)((u%1$s)a + (u%1$s)b)".formatted(type);
      case SUB -> "(R)((u%1$s)a - (u%1$s)b)".formatted(type);
      case MUL -> "(R)((u%1$s)a * (u%1$s)b)".formatted(type);
      case MAXIMUM -> "max(a, b)";
      case MINIMUM -> "min(a, b)";
      case DIV, POW -> throw new IllegalArgumentException(op.label() + " of " + dtype);
    };
  }

  private static String sign(Compare op) {
    return switch (op) {
      case EQUAL -> "==";
      case NOT_EQUAL -> "!=";
      case LESS -> "<";
      case LESS_EQUAL -> "<=";
      case GREATER -> ">";
      case GREATER_EQUAL -> ">=";
    };
  }

  /// As in Java: NaN becomes 0, and what is too large the largest.
  private static String cast(DType from, DType to) {
    if (to == DType.BOOL) {
      return "a != 0";
    }
    boolean truncates = from.isFloat() && to.isInteger();
    if (truncates) {
      return "a != a ? (R)0 : convert_%s_sat_rtz(a)".formatted(Types.of(to));
    }
    return from.isInteger() && to.isInteger() ? "(R)a" : "convert_%s(a)".formatted(Types.of(to));
  }
}
