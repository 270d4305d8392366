package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.cpu.loop.Node.Kind;
import nestor.autodiff.cpu.loop.Node.Operation;
import nestor.autodiff.cpu.loop.Schedule.Element;
import nestor.autodiff.cpu.loop.Schedule.Output;
import nestor.autodiff.cpu.loop.Schedule.Stage;

/// Writes a loop over vectors, with the bits of [ScalarKernel]. A step takes as many columns as a
/// sum has lanes, in one or more vectors; the columns that are left at the end are masked.
final class VectorKernel {
  /// Vectors side by side whose columns are folded over rows together.
  private static final int STRIP = 2;

  private final Frame frame;
  private final CodeBuilder code;
  private final Schedule schedule;
  private final VectorTypes types;
  private final VectorOperations operations;
  private final Map<Kind, Locals> pools = new HashMap<>();
  private final Locals wide; // vectors of float64 in loops of float32
  private final Map<Node, Integer> vectors = new HashMap<>();
  private final int copies;
  private final int step;
  private final List<Integer> masks = new ArrayList<>();
  private int rest; // columns left behind the last whole step
  private int limit; // where they start
  private int numbers; // scratch: room for patches, 16 numbers for each sum, kept rows
  private int rowLength;
  private int zero;
  private int least;
  private int wideZero; // zeros of float64

  private VectorKernel(
      CodeBuilder code, Schedule schedule, VectorTypes types, Frame.Rows rows) {
    this.code = code;
    this.schedule = schedule;
    this.types = types;
    frame = new Frame(code, schedule, rows);
    operations = new VectorOperations(code, types, this::load);
    for (Kind kind : Kind.values()) {
      pools.put(kind, new Locals(code));
    }
    wide = new Locals(code);
    copies =
        schedule.loop().foldsRows()
            ? Lanes.COUNT / types.lanes()
            : schedule.loop().foldsColumns() ? STRIP : 1;
    step = copies * types.lanes();
  }

  static Scratch.Size scratch(Schedule schedule) {
    int fixed = sumBuffer(ScalarKernel.count(schedule, Operation.SUM));
    return schedule.dtype() == DType.FLOAT64
        ? new Scratch.Size(0, 0, fixed, schedule.keptRows())
        : new Scratch.Size(fixed, schedule.keptRows(), 0, 0);
  }

  private static int sumBuffer(int sum) {
    return 2 * Lanes.COUNT + Lanes.COUNT * sum;
  }

  /// The body of [Kernel#run].
  static void write(
      CodeBuilder code, Schedule schedule, VectorTypes types, Frame.Rows rows) {
    new VectorKernel(code, schedule, types, rows).write();
  }

  private void write() {
    frame.spin();
    frame.open();
    openColumns();
    for (Node node : constants()) {
      broadcast(node);
    }
    if (schedule.loop().foldsColumns()) {
      groups();
    } else {
      int row = copy(Frame.FROM_ROW);
      frame.loop(row, Frame.TO_ROW, () -> row(row), () -> code.iinc(row, 1));
    }
    code.return_();
  }

  private void openColumns() {
    code.iload(Frame.TO_COLUMN).iload(Frame.FROM_COLUMN).isub();
    code.loadConstant(step - 1).iand();
    rest = frame.locals.store(TypeKind.INT);
    code.iload(Frame.TO_COLUMN).iload(rest).isub();
    limit = frame.locals.store(TypeKind.INT);
    for (int copy = 0; copy < copies; copy++) {
      types.species(code);
      mask(copy * types.lanes());
      masks.add(pools.get(Kind.TRUTH).store(TypeKind.REFERENCE));
    }
    zero = constant(0);
    least = constant(Double.NEGATIVE_INFINITY);
    types.species(code, VectorTypes.DOUBLE, types.bitSize());
    code.invokestatic(
        VectorTypes.DOUBLE, "zero", MethodTypeDesc.of(VectorTypes.DOUBLE, VectorTypes.SPECIES));
    wideZero = wide.store(TypeKind.REFERENCE);
    frame.scratch(types.dtype() == DType.FLOAT64 ? "doubles" : "floats", array());
    numbers = frame.locals.store(TypeKind.REFERENCE);
    code.iload(Frame.TO_COLUMN);
    code.invokestatic(Names.SCRATCH, "rowLength", MethodTypeDesc.of(CD_int, CD_int));
    rowLength = frame.locals.store(TypeKind.INT);
  }

  /// Replaces a species on the stack by the mask of the columns that are left from a position on.
  private void mask(int from) {
    code.loadConstant(from).iload(rest);
    code.invokeinterface(
        VectorTypes.SPECIES, "indexInRange", MethodTypeDesc.of(VectorTypes.MASK, CD_int, CD_int));
  }

  private int constant(double value) {
    types.species(code);
    if (types.dtype() == DType.FLOAT64) {
      code.loadConstant(value);
    } else {
      code.loadConstant((float) value);
    }
    code.invokestatic(
        types.number(),
        "broadcast",
        MethodTypeDesc.of(types.number(), VectorTypes.SPECIES, types.element()));
    return pools.get(Kind.NUMBER).store(TypeKind.REFERENCE);
  }

  private ClassDesc array() {
    return types.element().arrayType();
  }

  private int copy(int variable) {
    code.iload(variable);
    return frame.locals.store(TypeKind.INT);
  }

  private void load(Node node) {
    code.aload(vectors.get(node));
  }

  private void define(Node node) {
    vectors.put(node, pools.get(node.kind()).store(TypeKind.REFERENCE));
  }

  private void forget(Node node) {
    pools.get(node.kind()).giveBack(TypeKind.REFERENCE, vectors.remove(node));
  }

  private void broadcast(Node node) {
    operations.broadcast(node, () -> frame.load(node));
    define(node);
  }

  /// Per-row values that the elements of a stage need as vectors.
  private static List<Node> spread(Stage stage) {
    List<Node> used = new ArrayList<>();
    stage.elements().stream()
        .filter(e -> e.from() == Schedule.Source.COMPUTED)
        .forEach(e -> used.addAll(e.node().arguments()));
    stage.reductions().forEach(r -> used.addAll(r.arguments()));
    stage.stores().stream().filter(Output::wide).forEach(o -> used.add(o.node()));
    stage.folds().forEach(o -> used.add(o.node()));
    return used.stream().filter(Node::isPerRow).distinct().toList();
  }

  private List<Node> constants() {
    return schedule.stages().stream()
        .flatMap(stage -> spread(stage).stream())
        .filter(Node::isConstant)
        .distinct()
        .toList();
  }

  private void row(int row) {
    frame.locateAll(row);
    List<Node> spread = new ArrayList<>();
    for (Stage stage : schedule.stages()) {
      frame.row(stage);
      if (stage.hasColumns()) {
        for (Node node : spread(stage)) {
          if (!node.isConstant() && !spread.contains(node)) {
            broadcast(node);
            spread.add(node);
          }
        }
        Reductions reductions = new Reductions(stage);
        reductions.open();
        int column = copy(Frame.FROM_COLUMN);
        if (stage.sums()) {
          chunks(stage, reductions, column);
        } else {
          steps(stage, reductions, column, limit);
          Label end = code.newLabel();
          code.iload(rest).ifeq(end);
          tail(stage, reductions, column, -1);
          code.labelBinding(end);
        }
        frame.locals.giveBack(TypeKind.INT, column);
        reductions.close();
      }
    }
    spread.forEach(this::forget);
  }

  /// Sums are closed after every chunk. What is left of the columns belongs to the last one.
  private void chunks(Stage stage, Reductions reductions, int column) {
    int next = copy(column);
    int end = copy(column);
    int lone = copy(column); // whether the last chunk is too short for lanes
    frame.loop(
        column,
        Frame.TO_COLUMN,
        () -> {
          Label closed = code.newLabel();
          code.iload(column).iload(limit).isub().loadConstant(Integer.SIZE - 1).iushr();
          code.iconst_1().ixor().istore(lone);
          code.iload(column).iload(Frame.CHUNK).iadd().istore(next);
          code.iload(next).iload(limit);
          frame.smaller();
          code.istore(end);
          steps(stage, reductions, column, end);
          code.iload(rest).ifeq(closed);
          code.iload(next).iload(limit).if_icmple(closed);
          tail(stage, reductions, column, lone);
          code.iload(Frame.TO_COLUMN).istore(column);
          code.labelBinding(closed);
          reductions.closeChunk();
        },
        () -> {});
    List.of(next, end, lone).forEach(slot -> frame.locals.giveBack(TypeKind.INT, slot));
  }

  private void steps(Stage stage, Reductions reductions, int column, int end) {
    frame.loop(
        column,
        end,
        () -> {
          for (int copy = 0; copy < copies; copy++) {
            Cut cut = new Cut(column, copy * types.lanes(), -1);
            elements(stage, cut);
            reductions.step(copy);
            finish(stage, cut);
          }
        },
        () -> code.iinc(column, step));
  }

  private void tail(Stage stage, Reductions reductions, int column, int lone) {
    for (int copy = 0; copy < copies; copy++) {
      Cut cut = new Cut(column, copy * types.lanes(), masks.get(copy));
      elements(stage, cut);
      reductions.tail(copy, masks.get(copy), lone);
      finish(stage, cut);
    }
  }

  /// A vector's columns: those from variable `column` plus `offset`, where the mask in a variable
  /// holds unless that is -1.
  private record Cut(int column, int offset, int mask) {
    boolean whole() {
      return mask < 0;
    }
  }

  private void elements(Stage stage, Cut cut) {
    for (Element element : stage.elements()) {
      Node node = element.node();
      switch (element.from()) {
        case STORED -> read(element.at(), cut);
        case KEPT -> {
          types.species(code);
          kept(element, cut);
          operations.read(types.number(), array());
        }
        case COMPUTED -> {
          if (node.operation().isLoad()) {
            read((int) node.number(), cut);
          } else if (node.operation() == Operation.PATCH) {
            operations.patch(node, frame);
          } else {
            operations.emit(node);
          }
        }
      }
      define(node);
      if (element.from() == Schedule.Source.COMPUTED && element.at() >= 0) {
        load(node);
        kept(element, cut);
        operations.write(types.number(), array());
      }
    }
  }

  private void finish(Stage stage, Cut cut) {
    for (Output store : stage.stores()) {
      if (store.wide()) {
        load(store.node());
        write(store.place(), cut);
      }
    }
    stage.elements().forEach(element -> forget(element.node()));
  }

  private void position(int place, Cut cut) {
    frame.address(place);
    code.iload(cut.column).iadd();
    offset(cut);
  }

  private void offset(Cut cut) {
    if (cut.offset > 0) {
      code.loadConstant(cut.offset).iadd();
    }
  }

  private void kept(Element element, Cut cut) {
    code.aload(numbers).iload(rowLength).loadConstant(element.at()).imul();
    code.loadConstant(sumBuffer(ScalarKernel.count(schedule, Operation.SUM))).iadd();
    code.iload(cut.column).iadd();
    offset(cut);
  }

  private void read(int place, Cut cut) {
    types.species(code);
    if (frame.type(place) != DType.BOOL) {
      position(place, cut);
      if (cut.whole()) {
        operations.read(types.number(), array());
      } else {
        code.aload(cut.mask);
        operations.readMasked(types.number(), array());
      }
    } else if (cut.whole()) {
      position(place, cut);
      operations.read(VectorTypes.MASK, Names.TRUTHS);
    } else {
      position(place, cut);
      truths(cut, "read");
      frame.scratch("truths", Names.TRUTHS);
      code.iconst_0();
      operations.read(VectorTypes.MASK, Names.TRUTHS);
    }
  }

  private void write(int place, Cut cut) {
    if (frame.type(place) != DType.BOOL) {
      position(place, cut);
      if (cut.whole()) {
        operations.write(types.number(), array());
      } else {
        code.aload(cut.mask);
        operations.writeMasked(types.number(), array());
      }
    } else if (cut.whole()) {
      position(place, cut);
      operations.write(VectorTypes.MASK, Names.TRUTHS);
    } else {
      frame.scratch("truths", Names.TRUTHS);
      code.iconst_0();
      operations.write(VectorTypes.MASK, Names.TRUTHS);
      position(place, cut);
      truths(cut, "write");
    }
  }

  /// Moves as many truth values as are left between a position of an array and the scratch memory.
  private void truths(Cut cut, String name) {
    code.iload(rest).loadConstant(cut.offset).isub().loadConstant(types.lanes());
    frame.smaller();
    frame.scratch("truths", Names.TRUTHS);
    code.invokestatic(
        Names.LANES,
        name,
        MethodTypeDesc.of(CD_void, Names.TRUTHS, CD_int, CD_int, Names.TRUTHS));
  }

  /// The reductions of one stage, in vectors that hold the lanes from first to last.
  private final class Reductions {
    private final List<Node> nodes;
    private final Map<Node, List<Integer>> lanes = new HashMap<>();
    private final Map<Node, Integer> totals = new HashMap<>();

    Reductions(Stage stage) {
      nodes = stage.reductions();
    }

    private boolean widened(Node node) {
      return node.operation() == Operation.SUM && types.dtype() == DType.FLOAT32;
    }

    private ClassDesc type(Node node) {
      return widened(node) ? VectorTypes.DOUBLE : types.number();
    }

    private Locals pool(Node node) {
      return widened(node) ? wide : pools.get(Kind.NUMBER);
    }

    void open() {
      for (Node node : nodes) {
        List<Integer> slots = new ArrayList<>();
        int vectorsOfNode = widened(node) ? 2 * copies : copies;
        for (int i = 0; i < vectorsOfNode; i++) {
          code.aload(start(node));
          slots.add(pool(node).store(TypeKind.REFERENCE));
        }
        lanes.put(node, slots);
        if (node.operation() == Operation.SUM) {
          code.dconst_0();
          totals.put(node, frame.locals.store(TypeKind.DOUBLE));
        }
      }
    }

    private int start(Node node) {
      return widened(node) ? wideZero : node.operation() == Operation.LARGEST ? least : zero;
    }

    void step(int copy) {
      nodes.forEach(node -> step(node, copy, () -> load(node.arguments().getFirst())));
    }

    private void step(Node node, int copy, Runnable argument) {
      List<Integer> slots = lanes.get(node);
      switch (node.operation()) {
        case DOT -> {
          argument.run();
          load(node.arguments().getLast());
          code.aload(slots.get(copy));
          operations.fma();
          code.astore(slots.get(copy));
        }
        case SUM -> {
          if (widened(node)) {
            for (int half = 0; half < 2; half++) {
              int slot = slots.get(2 * copy + half);
              code.aload(slot);
              operations.half(argument, half);
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
      code.aload(slot);
      argument.run();
      operations.call(types.number(), operation);
      code.astore(slot);
    }

    /// The last columns of a row. Sums count +0 for what is missing, which changes no sum: none is
    /// -0.
    void tail(int copy, int mask, int lone) {
      for (Node node : nodes) {
        Node argument = node.arguments().getFirst();
        switch (node.operation()) {
          case DOT -> {
            int slot = lanes.get(node).get(copy);
            code.aload(slot);
            load(argument);
            load(node.arguments().getLast());
            code.aload(slot);
            operations.fma();
            code.aload(mask);
            operations.blend();
            code.astore(slot);
          }
          case SUM -> {
            Label inLanes = code.newLabel();
            Label end = code.newLabel();
            code.iload(lone).ifeq(inLanes);
            load(argument);
            code.aload(numbers).loadConstant(buffer(node) + copy * types.lanes());
            operations.write(types.number(), array());
            code.goto_(end).labelBinding(inLanes);
            step(node, copy, () -> masked(argument, zero, mask));
            code.labelBinding(end);
          }
          default -> step(node, copy, () -> masked(argument, least, mask));
        }
      }
      if (copy == copies - 1 && lone >= 0) {
        Label end = code.newLabel();
        code.iload(lone).ifeq(end);
        for (Node node : nodes) {
          if (node.operation() == Operation.SUM) {
            code.dload(totals.get(node)).aload(numbers).loadConstant(buffer(node)).iload(rest);
            code.invokestatic(
                Names.LANES, "sum", MethodTypeDesc.of(CD_double, array(), CD_int, CD_int));
            code.dadd().dstore(totals.get(node));
          }
        }
        code.labelBinding(end);
      }
    }

    private int buffer(Node node) {
      return sumBuffer(
          (int) nodes.stream().filter(n -> n.operation() == Operation.SUM && n.id() < node.id()).count());
    }

    private void masked(Node argument, int missing, int mask) {
      code.aload(missing);
      load(argument);
      code.aload(mask);
      operations.blend();
    }

    void closeChunk() {
      for (Node node : nodes) {
        if (node.operation() == Operation.SUM) {
          code.dload(totals.get(node));
          take(node, "add");
          code.dadd().dstore(totals.get(node));
          for (int slot : lanes.get(node)) {
            code.aload(start(node)).astore(slot);
          }
        }
      }
    }

    /// Pushes what all lanes come to.
    private void take(Node node, String operation) {
      List<Integer> slots = lanes.get(node);
      ClassDesc type = type(node);
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
            code.dload(totals.get(node));
            frame.operations.narrow();
            frame.locals.giveBack(TypeKind.DOUBLE, totals.get(node));
          }
          case DOT -> take(node, "add");
          default -> take(node, "max");
        }
        frame.define(node, frame.locals.store(frame.number));
        lanes.get(node).forEach(slot -> pool(node).giveBack(TypeKind.REFERENCE, slot));
      }
    }
  }

  /// Rows in groups, a strip of columns at a time.
  private void groups() {
    int row = copy(Frame.FROM_ROW);
    int group = frame.group(row);
    int end = copy(Frame.FROM_ROW);
    int column = copy(Frame.FROM_COLUMN);
    frame.loop(
        row,
        Frame.TO_ROW,
        () -> {
          Label none = code.newLabel();
          code.iload(row).iload(frame.groupSize()).iadd().istore(end);
          code.iload(Frame.FROM_COLUMN).istore(column);
          frame.loop(
              column, limit, () -> strip(row, end, group, column, false), () -> code.iinc(column, step));
          code.iload(rest).ifeq(none);
          strip(row, end, group, column, true);
          code.labelBinding(none);
          code.iload(end).istore(row);
        },
        () -> code.iinc(group, 1));
  }

  private void strip(int from, int end, int group, int column, boolean masked) {
    Stage stage = schedule.stages().getFirst();
    Map<Output, List<Integer>> totals = new HashMap<>();
    for (Output fold : stage.folds()) {
      List<Integer> slots = new ArrayList<>();
      for (int i = 0; i < (widened(fold) ? 2 * copies : copies); i++) {
        code.aload(widened(fold) ? wideZero : ScalarKernel.isSum(fold) ? zero : least);
        slots.add(pool(fold).store(TypeKind.REFERENCE));
      }
      totals.put(fold, slots);
    }
    int row = copy(from);
    frame.loop(
        row,
        end,
        () -> {
          frame.locateAll(row);
          frame.row(stage);
          List<Node> spread = spread(stage).stream().filter(n -> !n.isConstant()).toList();
          spread.forEach(this::broadcast);
          for (int copy = 0; copy < copies; copy++) {
            Cut cut = cut(column, copy, masked);
            elements(stage, cut);
            for (Output fold : stage.folds()) {
              fold(fold, copy, totals.get(fold));
            }
            finish(stage, cut);
          }
          spread.forEach(this::forget);
        },
        () -> code.iinc(row, 1));
    frame.locals.giveBack(TypeKind.INT, row);
    for (Output fold : stage.folds()) {
      frame.locate(fold.place(), group);
      for (int copy = 0; copy < copies; copy++) {
        total(fold, cut(column, copy, masked), copy, totals.get(fold));
      }
      totals.get(fold).forEach(slot -> pool(fold).giveBack(TypeKind.REFERENCE, slot));
    }
  }

  private Cut cut(int column, int copy, boolean masked) {
    return new Cut(column, copy * types.lanes(), masked ? masks.get(copy) : -1);
  }

  private boolean widened(Output fold) {
    return ScalarKernel.isSum(fold) && types.dtype() == DType.FLOAT32;
  }

  private Locals pool(Output fold) {
    return widened(fold) ? wide : pools.get(Kind.NUMBER);
  }

  private void fold(Output fold, int copy, List<Integer> slots) {
    if (widened(fold)) {
      for (int half = 0; half < 2; half++) {
        int slot = slots.get(2 * copy + half);
        code.aload(slot);
        operations.half(() -> load(fold.node()), half);
        operations.call(VectorTypes.DOUBLE, "add");
        code.astore(slot);
      }
    } else {
      code.aload(slots.get(copy));
      load(fold.node());
      operations.call(types.number(), ScalarKernel.isSum(fold) ? "add" : "max");
      code.astore(slots.get(copy));
    }
  }

  private void total(Output fold, Cut cut, int copy, List<Integer> slots) {
    if (!widened(fold)) {
      code.aload(slots.get(copy));
      write(fold.place(), cut);
      return;
    }
    int halfSize = types.bitSize() / 2;
    for (int half = 0; half < 2; half++) {
      int offset = cut.offset + half * types.lanes() / 2;
      code.aload(slots.get(2 * copy + half));
      operations.cast(VectorTypes.FLOAT, halfSize);
      position(fold.place(), new Cut(cut.column, offset, cut.mask));
      if (cut.whole()) {
        operations.write(VectorTypes.FLOAT, Names.FLOATS);
      } else {
        types.species(code, VectorTypes.FLOAT, halfSize);
        mask(offset);
        operations.writeMasked(VectorTypes.FLOAT, Names.FLOATS);
      }
    }
  }
}
