package nestor.autodiff.plan;

import java.util.function.Function;
import nestor.autodiff.Binary;
import nestor.autodiff.Cast;
import nestor.autodiff.Cells;
import nestor.autodiff.Compare;
import nestor.autodiff.DType;
import nestor.autodiff.Logical;
import nestor.autodiff.Op;
import nestor.autodiff.Shape;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unary;
import nestor.autodiff.Where;
import org.jspecify.annotations.Nullable;

/// Rules that hold for floating numbers to the last bit, signs of zeros and NaN included.
final class Algebra {
  private Algebra() {}

  /// An operand that is the result, or null: x · 1, x / 1, x − 0, and a choice that is known.
  static @Nullable Ref simplify(Op op, Ref[] in, Function<Integer, @Nullable Double> numberOf) {
    if (op instanceof Where) {
      Double condition = numberOf.apply(in[0].value());
      return condition == null ? null : in[condition != 0 ? 1 : 2];
    }
    if (!(op instanceof Binary) || in.length != 2) {
      return null;
    }
    Double left = numberOf.apply(in[0].value());
    Double right = numberOf.apply(in[1].value());
    if (op == Binary.MUL && is(left, 1)) {
      return in[1];
    }
    if ((op == Binary.MUL || op == Binary.DIV) && is(right, 1)) {
      return in[0];
    }
    return op == Binary.SUB && is(right, 0) ? in[0] : null;
  }

  private static boolean is(@Nullable Double number, double expected) {
    return number != null
        && Double.doubleToRawLongBits(number) == Double.doubleToRawLongBits(expected);
  }

  /// Whether a division by the number is a multiplication by its reciprocal.
  static boolean isPowerOfTwo(double number) {
    return Math.abs(number) >= 0x1p-60
        && Math.abs(number) <= 0x1p60
        && (Double.doubleToRawLongBits(number) & 0x000f_ffff_ffff_ffffL) == 0;
  }

  /// The value of an exactly rounded operator on known numbers, or null.
  static @Nullable Double fold(
      Op op, Ref[] in, DType result, DType numbers, Function<Integer, @Nullable Double> numberOf) {
    if (!isExact(op)) {
      return null;
    }
    Cells[] cells = new Cells[in.length];
    for (int i = 0; i < in.length; i++) {
      Double number = numberOf.apply(in[i].value());
      if (number == null) {
        return null;
      }
      DType dtype = isTruth(op, i) ? DType.BOOL : numbers;
      TensorType type = new TensorType(dtype, Shape.SCALAR);
      Object array = Cells.newArray(type);
      Cells.fill(array, number);
      cells[i] = new Cells(type, array);
    }
    TensorType type = new TensorType(result, Shape.SCALAR);
    Cells out = new Cells(type, Cells.newArray(type));
    op.forward(cells, out);
    return result == DType.BOOL ? (out.bool(0) ? 1.0 : 0.0) : out.real(0);
  }

  private static boolean isTruth(Op op, int operand) {
    return op instanceof Logical || op instanceof Cast || (op instanceof Where && operand == 0);
  }

  private static boolean isExact(Op op) {
    return switch (op) {
      case Unary unary ->
          switch (unary) {
            case NEG, SQRT, RECIPROCAL, ABS, SQUARE, RELU -> true;
            default -> false;
          };
      case Binary binary -> binary != Binary.POW;
      case Compare compare -> true;
      case Logical logical -> true;
      case Cast cast -> true;
      case Where where -> true;
      default -> false;
    };
  }
}
