package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_int;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.loop.Node;
import nestor.autodiff.plan.loop.Node.Kind;
import nestor.autodiff.plan.loop.Node.Operation;

/// Reductions of a row, or of several as if they were one, in vectors that hold the lanes from
/// first to last.
final class VectorReductions {
  private final VectorColumns columns;
  private final CodeBuilder code;
  private final Frame frame;
  private final VectorTypes types;
  private final VectorOperations operations;
  private final List<Node> nodes;
  private final Bindings<Node, List<Integer>> lanes = new Bindings<>();
  private final Bindings<Node, Integer> totals = new Bindings<>();

  VectorReductions(VectorColumns columns, List<Node> nodes) {
    this.columns = columns;
    code = columns.code;
    frame = columns.frame;
    types = columns.types;
    operations = columns.operations;
    this.nodes = nodes;
  }

  private boolean widened(Node node) {
    return node.operation() == Operation.SUM && types.dtype() == DType.FLOAT32;
  }

  private ClassDesc type(Node node) {
    return widened(node) ? VectorTypes.DOUBLE : types.number();
  }

  private Locals pool(Node node) {
    return widened(node) ? columns.wide : columns.pools.get(Kind.NUMBER);
  }

  void open() {
    for (Node node : nodes) {
      List<Integer> slots = new ArrayList<>();
      int vectorsOfNode = widened(node) ? 2 * columns.copies : columns.copies;
      for (int i = 0; i < vectorsOfNode; i++) {
        code.aload(start(node));
        slots.add(pool(node).store(TypeKind.REFERENCE));
      }
      lanes.put(node, slots);
      if (columns.ragged && node.operation() == Operation.SUM) {
        code.dconst_0();
        totals.put(node, frame.locals.store(TypeKind.DOUBLE));
      }
    }
  }

  private int start(Node node) {
    return widened(node)
        ? columns.wideZero
        : node.operation() == Operation.LARGEST ? columns.least : columns.zero;
  }

  /// Keeps the lanes of some of the reductions in memory until they go on. C2 does not get vectors
  /// out of their boxes that more than one loop carries.
  void save(List<Node> some) {
    for (Node node : some) {
      List<Integer> slots = lanes.get(node);
      for (int i = 0; i < slots.size(); i++) {
        columns.known(type(node), slots.get(i), start(node), operation(node));
        place(node, i);
        operations.write(type(node), array(node));
      }
    }
  }

  /// Takes lanes out of memory.
  void restore(List<Node> some) {
    for (Node node : some) {
      List<Integer> slots = lanes.get(node);
      for (int i = 0; i < slots.size(); i++) {
        types.species(code, type(node), types.bitSize());
        place(node, i);
        operations.read(type(node), array(node));
        code.astore(slots.get(i));
      }
    }
  }

  private ClassDesc array(Node node) {
    return widened(node) ? Names.DOUBLES : columns.array();
  }

  /// Pushes an array and the position of some of a node's lanes.
  private void place(Node node, int vector) {
    int area = nodes.indexOf(node);
    if (widened(node)) {
      code.aload(columns.wideNumbers);
      code.loadConstant(Loop.LANES * area + vector * types.doubleLanes());
    } else {
      code.aload(columns.numbers);
      code.loadConstant(VectorColumns.areaBuffer(columns.schedule, area) + vector * types.lanes());
    }
  }

  private static String operation(Node node) {
    return node.operation() == Operation.LARGEST ? "max" : "add";
  }

  void step(int copy) {
    step(nodes, copy);
  }

  /// One vector of some of the reductions.
  void step(List<Node> some, int copy) {
    some.forEach(node -> step(node, copy, () -> columns.load(node.arguments().getFirst())));
  }

  private void step(Node node, int copy, Runnable argument) {
    List<Integer> slots = lanes.get(node);
    switch (node.operation()) {
      case DOT -> {
        argument.run();
        columns.load(node.arguments().getLast());
        code.aload(slots.get(copy));
        operations.fma();
        code.astore(slots.get(copy));
      }
      case SUM -> {
        if (widened(node)) {
          for (int half = 0; half < 2; half++) {
            int slot = slots.get(2 * copy + half);
            operations.half(argument, half);
            code.aload(slot);
            operations.call(VectorTypes.DOUBLE, "add");
            code.astore(slot);
          }
        } else {
          combine(slots.get(copy), argument, "add");
        }
      }
      default -> combine(slots.get(copy), argument, "max");
    }
  }

  private void combine(int slot, Runnable argument, String operation) {
    argument.run();
    code.aload(slot);
    operations.call(types.number(), operation);
    code.astore(slot);
  }

  /// The last columns of a row. Sums count +0 for what is missing, which changes no sum: none is
  /// -0.
  void tail(int copy, int mask) {
    for (Node node : nodes) {
      Node argument = node.arguments().getFirst();
      switch (node.operation()) {
        case DOT -> {
          int slot = lanes.get(node).get(copy);
          columns.load(argument);
          columns.load(node.arguments().getLast());
          code.aload(slot);
          operations.fma();
          code.aload(slot).aload(mask);
          operations.not();
          operations.blend();
          code.astore(slot);
        }
        case SUM -> {
          Label inLanes = code.newLabel();
          Label end = code.newLabel();
          code.iload(columns.lone).ifeq(inLanes);
          columns.load(argument);
          code.aload(columns.numbers).loadConstant(buffer(node) + copy * types.lanes());
          operations.write(types.number(), columns.array());
          code.goto_(end).labelBinding(inLanes);
          step(node, copy, () -> masked(argument, columns.zero, mask));
          code.labelBinding(end);
        }
        default -> step(node, copy, () -> masked(argument, columns.least, mask));
      }
    }
    if (copy == columns.copies - 1 && columns.lone >= 0) {
      Label end = code.newLabel();
      code.iload(columns.lone).ifeq(end);
      for (Node node : nodes) {
        if (node.operation() == Operation.SUM) {
          code.dload(totals.get(node))
              .aload(columns.numbers)
              .loadConstant(buffer(node))
              .iload(columns.rest);
          code.invokestatic(
              Names.ROWS,
              "sumInOrder",
              MethodTypeDesc.of(CD_double, columns.array(), CD_int, CD_int));
          code.dadd().dstore(totals.get(node));
        }
      }
      code.labelBinding(end);
    }
  }

  private int buffer(Node node) {
    return VectorColumns.sumBuffer(
        (int)
            nodes.stream()
                .filter(n -> n.operation() == Operation.SUM && n.id() < node.id())
                .count());
  }

  private void masked(Node argument, int missing, int mask) {
    code.aload(missing);
    columns.load(argument);
    code.aload(mask);
    operations.blend();
  }

  /// Pushes what all lanes come to. What a loop has left in a variable becomes an argument first,
  /// see [VectorColumns#known].
  private void take(Node node, String operation) {
    List<Integer> slots = lanes.get(node);
    ClassDesc type = type(node);
    int neutral = node.operation() == Operation.DOT ? columns.minusZero : start(node);
    for (int slot : slots) {
      columns.known(type, slot, neutral, operation);
      code.astore(slot);
    }
    for (int half = slots.size() / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        code.aload(slots.get(i)).aload(slots.get(i + half));
        operations.call(type, operation);
        code.astore(slots.get(i));
      }
    }
    code.aload(slots.getFirst());
    operations.tree(type, widened(node) ? types.doubleLanes() : types.lanes(), operation);
  }

  void close() {
    for (Node node : nodes) {
      switch (node.operation()) {
        case SUM -> {
          take(node, "add");
          if (columns.ragged) {
            code.dload(totals.get(node)).dadd();
            frame.locals.giveBack(TypeKind.DOUBLE, totals.get(node));
          }
          frame.operations.narrow();
        }
        case DOT -> take(node, "add");
        default -> take(node, "max");
      }
      frame.define(node, frame.locals.store(frame.number));
      lanes.get(node).forEach(slot -> pool(node).giveBack(TypeKind.REFERENCE, slot));
    }
  }
}
