package nestor.opencl;

import java.util.Optional;
import nestor.autodiff.ArgReduce;
import nestor.autodiff.ArgSort;
import nestor.autodiff.Backend;
import nestor.autodiff.Binary;
import nestor.autodiff.Broadcast;
import nestor.autodiff.Cast;
import nestor.autodiff.Cells;
import nestor.autodiff.Compare;
import nestor.autodiff.Concat;
import nestor.autodiff.CumulativeSum;
import nestor.autodiff.DType;
import nestor.autodiff.Flip;
import nestor.autodiff.Fold;
import nestor.autodiff.Gather;
import nestor.autodiff.IntegerDivision;
import nestor.autodiff.Logical;
import nestor.autodiff.MatMul;
import nestor.autodiff.Op;
import nestor.autodiff.Operand;
import nestor.autodiff.Pad;
import nestor.autodiff.Permute;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Random;
import nestor.autodiff.Reduce;
import nestor.autodiff.Reshape;
import nestor.autodiff.ScatterAdd;
import nestor.autodiff.Slice;
import nestor.autodiff.SolveLowerUnit;
import nestor.autodiff.StopGradient;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unary;
import nestor.autodiff.Unfold;
import nestor.autodiff.Where;

/// How far an operator's results may be from those of another backend, in units in the last place.
///
/// @param ulps per number that enters an element
/// @param scale what the last place belongs to
record Bound(double ulps, Scale scale) {
  private static final Bound EXACT = new Bound(0, Scale.RESULT);

  /// What the last place belongs to.
  enum Scale {
    /// The result's own element.
    RESULT,
    /// The same sum over absolute values: what cancels has the errors of its terms.
    SUM,
    /// The largest element of the result, as substitution spreads errors over all of them.
    LARGEST
  }

  /// The bound of an operator on operands of a floating type.
  static Bound of(Op op, Device device) {
    double quotient = device.exactDivision() ? 0 : 5;
    return switch (op) {
      case Unary unary ->
          switch (unary) {
            case NEG, ABS, SQUARE, RELU -> EXACT;
            case SQRT, RECIPROCAL -> new Bound(quotient, Scale.RESULT);
            case RSQRT -> new Bound(2 + 2 * quotient, Scale.RESULT);
            case EXP, EXPM1, LOG, LOG1P, SIN, COS, TANH, SIGMOID, SOFTPLUS, ATAN ->
                new Bound(8, Scale.RESULT);
            case ERF -> new Bound(16, Scale.RESULT);
          };
      case Binary binary ->
          switch (binary) {
            case ADD, SUB, MUL, MAXIMUM, MINIMUM -> EXACT;
            case DIV -> new Bound(quotient, Scale.RESULT);
            case POW -> new Bound(16, Scale.RESULT);
          };
      case Reduce reduce -> reduce.kind() == Reduce.Kind.MAX ? EXACT : new Bound(1, Scale.SUM);
      case MatMul product -> new Bound(1, Scale.SUM);
      case CumulativeSum sum -> new Bound(1, Scale.SUM);
      case Fold fold -> new Bound(1, Scale.SUM);
      case ScatterAdd scatter -> new Bound(1, Scale.SUM);
      case SolveLowerUnit solve -> new Bound(4, Scale.LARGEST);
      case PiecewiseConstant _, Compare _, Logical _, IntegerDivision _, Where _, Cast _ -> EXACT;
      case ArgReduce _, ArgSort _, Random _, StopGradient _ -> EXACT;
      case Reshape _, Permute _, Broadcast _, Slice _, Pad _, Flip _, Concat _ -> EXACT;
      case Gather _, Unfold _ -> EXACT;
    };
  }

  /// The first element that is further off than this bound allows, as a sentence.
  ///
  /// @param trusted a backend that stores Java arrays, which computed `expected` from `operands`
  Optional<String> violation(
      Backend trusted, Op op, Operand[] operands, TensorType type, Object expected, Object actual) {
    Cells wanted = new Cells(type, expected);
    Cells got = new Cells(type, actual);
    if (!type.dtype().isFloat()) {
      for (int i = 0; i < wanted.size(); i++) {
        String a = type.dtype() == DType.BOOL ? "" + wanted.bool(i) : "" + wanted.integer(i);
        String b = type.dtype() == DType.BOOL ? "" + got.bool(i) : "" + got.integer(i);
        if (!a.equals(b)) {
          return Optional.of("element %d is %s instead of %s".formatted(i, b, a));
        }
      }
      return Optional.empty();
    }
    Cells scales = scale == Scale.SUM ? absoluteSums(trusted, op, operands, type) : wanted;
    double largest = 0;
    for (int i = 0; i < wanted.size() && scale == Scale.LARGEST; i++) {
      largest = Math.max(largest, Math.abs(wanted.real(i)));
    }
    double terms = scale == Scale.RESULT ? 1 : terms(operands);
    for (int i = 0; i < wanted.size(); i++) {
      double a = wanted.real(i);
      double b = got.real(i);
      double size = scale == Scale.LARGEST ? largest : Math.abs(scales.real(i));
      double last = type.dtype() == DType.FLOAT32 ? Math.ulp((float) size) : Math.ulp(size);
      boolean equal = Double.compare(a, b) == 0 || a == b;
      if (!equal && !(Math.abs(a - b) <= ulps * terms * last)) {
        return Optional.of(
            "element %d is %s instead of %s, %.3g units in the last place off where %.3g are allowed"
                .formatted(i, b, a, Math.abs(a - b) / last, ulps * terms));
      }
    }
    return Optional.empty();
  }

  /// The numbers that enter an element at most.
  private static double terms(Operand[] operands) {
    int most = 1;
    for (Operand operand : operands) {
      for (int dim : operand.shape().toArray()) {
        most = Math.max(most, dim);
      }
    }
    return most;
  }

  private static Cells absoluteSums(Backend trusted, Op op, Operand[] operands, TensorType type) {
    Operand[] absolute = new Operand[operands.length];
    for (int i = 0; i < operands.length; i++) {
      TensorType own = operands[i].type();
      absolute[i] =
          own.dtype().isFloat()
              ? new Operand(own, trusted.run(Unary.ABS, new Operand[] {operands[i]}, own))
              : operands[i];
    }
    return new Cells(type, trusted.run(op, absolute, type));
  }
}
