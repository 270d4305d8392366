package nestor.autodiff.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import nestor.autodiff.DType;
import nestor.autodiff.plan.Node.AreaFold;
import nestor.autodiff.plan.Node.GroupFold;
import nestor.autodiff.plan.Node.RowDot;
import nestor.autodiff.plan.Node.RowFold;

/// Nodes that run as one kernel. Those of a loop share a space of rows and columns.
///
/// @param nodes in the order in which they are computed
/// @param size elements of the space
/// @param columns the number of columns that a reduction or a per-row value demands, else 0
/// @param divisible the number of columns must divide this
/// @param fold rows that reductions over groups of rows fold into one, else 0
/// @param dtype the type of the numbers, if there are any
record Group(
    List<Node> nodes, int size, int columns, int divisible, int fold, Optional<DType> dtype) {
  static Group of(Node node, Lowered program) {
    int size = program.types().get(node.out()).shape().size();
    Optional<DType> dtype = dtype(node, program);
    return switch (node.work()) {
      case RowFold fold ->
          new Group(List.of(node), size * fold.columns(), fold.columns(), fold.columns(), 0, dtype);
      case RowDot dot ->
          new Group(List.of(node), size * dot.columns(), dot.columns(), dot.columns(), 0, dtype);
      case GroupFold fold ->
          new Group(
              List.of(node),
              size * fold.group(),
              fold.columns(),
              fold.columns(),
              fold.group(),
              dtype);
      default -> new Group(List.of(node), size, 0, commonRun(node, size, program), 0, dtype);
    };
  }

  private static Optional<DType> dtype(Node node, Lowered program) {
    DType own = program.types().get(node.out()).dtype();
    if (own.isFloat()) {
      return Optional.of(own);
    }
    return node.inputs().stream()
        .map(input -> program.types().get(input.value()).dtype())
        .filter(DType::isFloat)
        .findFirst();
  }

  private static int commonRun(Node node, int size, Lowered program) {
    int common = size;
    for (Ref input : node.inputs()) {
      if (!program.numbers().containsKey(input.value())) {
        common = greatestCommonDivisor(common, input.view().run());
      }
    }
    return Math.max(1, common);
  }

  private static int greatestCommonDivisor(int a, int b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }

  /// The number of the last value that is computed, which no other group has.
  int last() {
    return nodes.getLast().out();
  }

  /// Whether the group is a loop.
  boolean isLoop() {
    return nodes.getFirst().isLoop();
  }

  /// Whether a node's value exists once per row, in a space of this group's size.
  boolean isPerRow(Node node, Lowered program) {
    return switch (node.work()) {
      case RowFold fold -> true;
      case RowDot dot -> true;
      case GroupFold fold -> false;
      case AreaFold fold -> false;
      default -> program.types().get(node.out()).shape().size() != size;
    };
  }

  boolean foldsRows() {
    return nodes.stream().anyMatch(Node::foldsRows);
  }

  private boolean foldsAreas() {
    return nodes.stream().anyMatch(n -> n.work() instanceof AreaFold);
  }

  private boolean foldsColumns() {
    return nodes.stream().anyMatch(n -> n.work() instanceof GroupFold);
  }

  /// The number of columns that the loop runs over.
  int width() {
    return columns > 0 ? columns : divisible;
  }

  /// This reduction of rows as one of groups of the shorter rows of another group, so that both can
  /// be one loop; empty where it is none or would add in another order.
  Optional<Group> asAreaOf(Group above) {
    if (nodes.size() != 1 || !(nodes.getFirst().work() instanceof RowFold(var kind, int row))) {
      return Optional.empty();
    }
    int width = above.width();
    if (above.size != size
        || above.foldsColumns()
        || width >= row
        || row % width != 0
        || width % Loop.LANES != 0
        || row > Loop.LONGEST_SUM) {
      return Optional.empty();
    }
    Node old = nodes.getFirst();
    AreaFold fold = new AreaFold(kind, row / width, width);
    Node node = new Node(fold, old.inputs(), old.out(), old.more(), old.region());
    return Optional.of(new Group(List.of(node), size, width, width, row / width, dtype));
  }

  /// The space that both groups would share, without a look at their nodes' inputs; empty where
  /// there is none.
  static Optional<Group> common(Group a, Group b) {
    if (a.nodes.getFirst().region() != b.nodes.getFirst().region()
        || (a.dtype.isPresent() && b.dtype.isPresent() && !a.dtype.equals(b.dtype))
        || a.size == 0
        || b.size == 0) {
      return Optional.empty();
    }
    int columns;
    int divisible;
    if (a.size == b.size) {
      if (a.columns > 0 && b.columns > 0 && a.columns != b.columns) {
        return Optional.empty();
      }
      columns = Math.max(a.columns, b.columns);
      divisible = Math.min(a.divisible, b.divisible);
      if (Math.max(a.divisible, b.divisible) % divisible != 0) {
        return Optional.empty();
      }
    } else {
      Group rows = a.size < b.size ? a : b;
      Group elements = a.size < b.size ? b : a;
      if (rows.columns > 0 || elements.size % rows.size != 0) {
        return Optional.empty();
      }
      columns = elements.size / rows.size;
      if (elements.columns > 0 && elements.columns != columns) {
        return Optional.empty();
      }
      divisible = elements.divisible;
    }
    if (columns > 0 && divisible % columns != 0) {
      return Optional.empty();
    }
    int fold = Math.max(a.fold, b.fold);
    boolean differ = a.fold > 0 && b.fold > 0 && a.fold != b.fold;
    boolean columnsFolded = a.foldsColumns() || b.foldsColumns();
    boolean othersFolded = a.foldsRows() || b.foldsRows() || a.foldsAreas() || b.foldsAreas();
    if (differ || (columnsFolded && othersFolded)) {
      return Optional.empty();
    }
    List<Node> nodes = new ArrayList<>(a.nodes);
    nodes.addAll(b.nodes);
    nodes.sort(Comparator.comparingInt(Node::out));
    Optional<DType> dtype = a.dtype.isPresent() ? a.dtype : b.dtype;
    return Optional.of(
        new Group(List.copyOf(nodes), Math.max(a.size, b.size), columns, divisible, fold, dtype));
  }
}
