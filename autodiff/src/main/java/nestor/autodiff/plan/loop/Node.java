package nestor.autodiff.plan.loop;

import java.util.List;
import nestor.autodiff.plan.Loop.Extent;

/// A value of a loop as generated code sees it: one machine operation. Nodes of one [LoopGraph] are
/// equal if their numbers are, and a node's arguments have smaller numbers than itself.
///
/// @param id its number
/// @param operation what computes it
/// @param kind what it is
/// @param arguments the operation's arguments
/// @param number an operand's number, the bits of a constant, or the distance of a shift
/// @param name the method of a patch, else empty
/// @param extent whether it exists per row or per element
/// @param stage how many reductions of its row, one after the other, must be known before
/// @param weight about how many operations per element compute it from what is in memory
public record Node(
    int id,
    Operation operation,
    Kind kind,
    List<Node> arguments,
    long number,
    String name,
    Extent extent,
    int stage,
    int weight) {

  /// The kinds of values.
  public enum Kind {
    /// A number of the loop's type.
    NUMBER,
    /// The bits of a number.
    BITS,
    /// A truth value.
    TRUTH
  }

  /// What computes a value; the first argument is called a, then b and c.
  public enum Operation {
    /// The operand `number`.
    LOAD(Kind.NUMBER, 0),
    /// The operand `number`, of type bool.
    LOAD_TRUTH(Kind.TRUTH, 0),
    /// The number with the float64 bits `number`.
    CONSTANT(Kind.NUMBER, 0),
    /// The bits `number`.
    INTEGER(Kind.BITS, 0),
    ADD(Kind.NUMBER, 1),
    SUBTRACT(Kind.NUMBER, 1),
    MULTIPLY(Kind.NUMBER, 1),
    DIVIDE(Kind.NUMBER, 8),
    /// a · b + c, rounded once
    FMA(Kind.NUMBER, 1),
    NEGATE(Kind.NUMBER, 1),
    ABSOLUTE(Kind.NUMBER, 1),
    SQUARE_ROOT(Kind.NUMBER, 8),
    MAXIMUM(Kind.NUMBER, 1),
    MINIMUM(Kind.NUMBER, 1),
    BITS(Kind.BITS, 0),
    NUMBER(Kind.NUMBER, 0),
    PLUS(Kind.BITS, 1),
    MINUS(Kind.BITS, 1),
    AND(Kind.BITS, 1),
    OR(Kind.BITS, 1),
    XOR(Kind.BITS, 1),
    SHIFT_LEFT(Kind.BITS, 1),
    SHIFT_RIGHT(Kind.BITS, 1),
    LESS(Kind.TRUTH, 1),
    LESS_EQUAL(Kind.TRUTH, 1),
    EQUAL(Kind.TRUTH, 1),
    NOT(Kind.TRUTH, 1),
    BOTH(Kind.TRUTH, 1),
    EITHER(Kind.TRUTH, 1),
    DIFFER(Kind.TRUTH, 1),
    /// a ? b : c
    SELECT(Kind.NUMBER, 1),
    /// a ? name(b) : c
    PATCH(Kind.NUMBER, 2),
    /// The sum of a row.
    SUM(Kind.NUMBER, 0),
    /// The largest number of a row.
    LARGEST(Kind.NUMBER, 0),
    /// The sum of the products of two rows.
    DOT(Kind.NUMBER, 0);

    private final Kind kind;
    private final int weight;

    Operation(Kind kind, int weight) {
      this.kind = kind;
      this.weight = weight;
    }

    /// What it computes.
    public Kind kind() {
      return kind;
    }

    /// About how many operations it is worth.
    public int weight() {
      return weight;
    }

    /// Whether it reduces a row.
    public boolean isReduction() {
      return this == SUM || this == LARGEST || this == DOT;
    }

    /// Whether it reads an operand.
    public boolean isLoad() {
      return this == LOAD || this == LOAD_TRUTH;
    }
  }

  /// Whether it exists once per row.
  public boolean isPerRow() {
    return extent == Extent.ROW;
  }

  /// Whether it is known beforehand.
  public boolean isConstant() {
    return operation == Operation.CONSTANT || operation == Operation.INTEGER;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Node node && node.id == id;
  }

  @Override
  public int hashCode() {
    return id;
  }
}
