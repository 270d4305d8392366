package nestor.opencl.source;

import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.plan.loop.Node;

/// Machine operations in OpenCL C, on single values or on 16 lanes.
///
/// Truth values are −1 and 0 in lanes, 1 and 0 alone; bits are unsigned.
///
/// @param dtype the floating type
/// @param lanes 16, or 1 for single values
record Expressions(DType dtype, int lanes) {
  private boolean isWide() {
    return dtype == DType.FLOAT64;
  }

  private boolean isVector() {
    return lanes > 1;
  }

  private String sized(String type) {
    return isVector() ? type + lanes : type;
  }

  /// The type of numbers without lanes.
  String scalar() {
    return isWide() ? "double" : "float";
  }

  /// The type of numbers.
  String number() {
    return sized(scalar());
  }

  /// The type of bits.
  String bits() {
    return sized(isWide() ? "ulong" : "uint");
  }

  /// The type of truth values.
  String truth() {
    return isVector() ? sized(isWide() ? "long" : "int") : "int";
  }

  /// The type of a kind of values.
  String type(Node.Kind kind) {
    return switch (kind) {
      case NUMBER -> number();
      case BITS -> bits();
      case TRUTH -> truth();
    };
  }

  /// A single value in all lanes.
  String spread(Node.Kind kind, String value) {
    if (!isVector()) {
      return value;
    }
    return kind == Node.Kind.TRUTH
        ? "(%s)(-(%s))".formatted(truth(), value)
        : "(%s)(%s)".formatted(type(kind), value);
  }

  /// A constant.
  String constant(Node node) {
    if (node.operation() == Node.Operation.INTEGER) {
      String value =
          isWide() ? "0x%xUL".formatted(node.number()) : "0x%xU".formatted((int) node.number());
      return spread(Node.Kind.BITS, value);
    }
    String literal = literal(Double.longBitsToDouble(node.number()));
    return spread(Node.Kind.NUMBER, literal.startsWith("-") ? "(" + literal + ")" : literal);
  }

  private String literal(double value) {
    if (isWide()) {
      return Double.isFinite(value)
          ? Double.toHexString(value)
          : "as_double(0x%xUL)".formatted(Double.doubleToRawLongBits(value));
    }
    float narrow = (float) value;
    return Float.isFinite(narrow)
        ? Float.toHexString(narrow) + "f"
        : "as_float(0x%xU)".formatted(Float.floatToRawIntBits(narrow));
  }

  /// What an operation computes; loads and reductions are none.
  String of(Node node, Function<Node, String> value) {
    List<Node> in = node.arguments();
    String a = in.isEmpty() ? "" : value.apply(in.getFirst());
    String b = in.size() < 2 ? "" : value.apply(in.get(1));
    String c = in.size() < 3 ? "" : value.apply(in.get(2));
    return switch (node.operation()) {
      case CONSTANT, INTEGER -> constant(node);
      case ADD, PLUS -> a + " + " + b;
      case SUBTRACT, MINUS -> a + " - " + b;
      case MULTIPLY -> a + " * " + b;
      case DIVIDE -> a + " / " + b;
      case FMA -> "fma(%s, %s, %s)".formatted(a, b, c);
      case NEGATE -> "-" + a;
      case ABSOLUTE -> "fabs(%s)".formatted(a);
      case SQUARE_ROOT -> "sqrt(%s)".formatted(a);
      case MAXIMUM -> "maximum_%s(%s, %s)".formatted(number(), a, b);
      case MINIMUM -> "minimum_%s(%s, %s)".formatted(number(), a, b);
      case BITS -> "as_%s(%s)".formatted(bits(), a);
      case NUMBER -> "as_%s(%s)".formatted(number(), a);
      case AND, BOTH -> a + " & " + b;
      case OR, EITHER -> a + " | " + b;
      case XOR, DIFFER -> a + " ^ " + b;
      case SHIFT_LEFT -> a + " << " + node.number();
      case SHIFT_RIGHT -> a + " >> " + node.number();
      case LESS -> a + " < " + b;
      case LESS_EQUAL -> a + " <= " + b;
      case EQUAL -> a + " == " + b;
      case NOT -> isVector() ? "~" + a : a + " ^ 1";
      case SELECT ->
          isVector() ? "select(%s, %s, %s)".formatted(c, b, a) : "%s ? %s : %s".formatted(a, b, c);
      case PATCH ->
          isVector()
              ? "%s_lanes(%s, %s, %s)".formatted(node.name(), a, b, c)
              : "%s ? %s(%s) : %s".formatted(a, node.name(), b, c);
      case LOAD, LOAD_TRUTH, SUM, LARGEST, DOT ->
          throw new IllegalArgumentException("no expression: " + node.operation());
    };
  }
}
