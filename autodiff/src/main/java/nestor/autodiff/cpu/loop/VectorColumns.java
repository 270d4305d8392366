package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.loop.Node;
import nestor.autodiff.plan.loop.Node.Kind;
import nestor.autodiff.plan.loop.Node.Operation;
import nestor.autodiff.plan.loop.Schedule;
import nestor.autodiff.plan.loop.Schedule.Element;
import nestor.autodiff.plan.loop.Schedule.Output;
import nestor.autodiff.plan.loop.Schedule.Stage;

/// The columns of a loop as vectors: the variables that hold them, and one vector of each row's
/// elements at a time.
final class VectorColumns {
  /// How the columns of a run end.
  enum Tail {
    /// With a whole step.
    WHOLE,
    /// With less than one, or nobody knows.
    RAGGED
  }

  /// Vectors side by side whose columns are folded over rows together.
  private static final int STRIP = 2;

  final Frame frame;
  final CodeBuilder code;
  final Schedule schedule;
  final VectorTypes types;
  final VectorOperations operations;
  final Bindings<Kind, Locals> pools = new Bindings<>();
  final Locals wide; // vectors of float64 in loops of float32
  final Bindings<Node, Integer> vectors = new Bindings<>();
  final int copies;
  final int step;
  final boolean ragged;
  final List<Integer> masks = new ArrayList<>();
  int rest = -1; // columns left behind the last whole step
  int limit = Frame.TO_COLUMN; // where they start
  int lone = -1; // 1 where a row is too short for lanes, else 0
  int numbers; // scratch: room for patches, 16 numbers for each sum and each area, kept rows
  int wideNumbers = -1; // scratch in float64: 16 numbers for each area
  int rowLength;
  int zero = -1;
  int minusZero = -1;
  int least = -1;
  int wideZero = -1; // zeros of float64

  VectorColumns(
      CodeBuilder code, Schedule schedule, VectorTypes types, Frame.Rows rows, Tail tail) {
    this.code = code;
    this.schedule = schedule;
    this.types = types;
    frame = new Frame(code, schedule, rows);
    operations = new VectorOperations(code, types, this::load);
    for (Kind kind : Kind.values()) {
      pools.put(kind, new Locals(code));
    }
    wide = new Locals(code);
    ragged = tail == Tail.RAGGED;
    step = step(schedule.loop(), types.bitSize());
    copies = step / types.lanes();
  }

  /// How many columns are computed together by vectors of a size.
  static int step(Loop loop, int bitSize) {
    int lanes = bitSize / (8 * loop.dtype().bytes());
    return loop.foldsRows() ? Loop.LANES : loop.foldsColumns() ? STRIP * lanes : lanes;
  }

  static Scratch.Size scratch(Schedule schedule) {
    int fixed = fixed(schedule);
    return schedule.dtype() == DType.FLOAT64
        ? new Scratch.Size(0, 0, fixed, schedule.keptRows())
        : new Scratch.Size(fixed, schedule.keptRows(), Loop.LANES * schedule.areas().size(), 0);
  }

  /// Numbers of scratch memory before kept rows.
  private static int fixed(Schedule schedule) {
    return areaBuffer(schedule, schedule.areas().size());
  }

  /// Where the lanes of a reduction over rows and columns are.
  static int areaBuffer(Schedule schedule, int area) {
    return sumBuffer(schedule.count(Operation.SUM)) + Loop.LANES * area;
  }

  static int sumBuffer(int sum) {
    return 2 * Loop.LANES + Loop.LANES * sum;
  }

  /// Finds the last columns, and what all rows share.
  void open() {
    if (schedule.stages().stream().noneMatch(Stage::hasColumns)) {
      return;
    }
    boolean sums = schedule.stages().stream().anyMatch(Stage::sums);
    List<Operation> areas = schedule.areas().stream().map(o -> o.node().operation()).toList();
    if (ragged) {
      findRest(sums);
    }
    List<Operation> reductions =
        Stream.concat(
                schedule.stages().stream()
                    .flatMap(stage -> stage.reductions().stream())
                    .map(Node::operation),
                areas.stream())
            .toList();
    List<Output> folds = schedule.stages().getFirst().folds();
    boolean sumsColumns = folds.stream().anyMatch(Output::isSum);
    boolean widens = types.dtype() == DType.FLOAT32;
    boolean narrowSums = !widens && (sumsColumns || reductions.contains(Operation.SUM));
    if (reductions.contains(Operation.DOT) || narrowSums || (ragged && sums)) {
      zero = constant(0);
    }
    if (reductions.contains(Operation.DOT)) {
      minusZero = constant(-0.0);
    }
    if (reductions.contains(Operation.LARGEST) || !folds.stream().allMatch(Output::isSum)) {
      least = constant(Double.NEGATIVE_INFINITY);
    }
    if (widens && (sums || sumsColumns || areas.contains(Operation.SUM))) {
      types.species(code, VectorTypes.DOUBLE, types.bitSize());
      code.invokestatic(
          VectorTypes.DOUBLE, "zero", MethodTypeDesc.of(VectorTypes.DOUBLE, VectorTypes.SPECIES));
      wideZero = wide.store(TypeKind.REFERENCE);
    }
    if (!areas.isEmpty()) {
      frame.scratch("doubles", Names.DOUBLES);
      wideNumbers = frame.locals.store(TypeKind.REFERENCE);
    }
    frame.scratch(types.dtype() == DType.FLOAT64 ? "doubles" : "floats", array());
    numbers = frame.locals.store(TypeKind.REFERENCE);
    code.iload(Frame.TO_COLUMN);
    code.invokestatic(Names.SCRATCH, "rowLength", MethodTypeDesc.of(CD_int, CD_int));
    rowLength = frame.locals.store(TypeKind.INT);
    constants().forEach(this::broadcast);
  }

  private void findRest(boolean sums) {
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
    if (sums) {
      code.iload(Frame.FROM_COLUMN).iload(limit).isub();
      code.loadConstant(Integer.SIZE - 1).iushr().iconst_1().ixor();
      lone = frame.locals.store(TypeKind.INT);
    }
  }

  /// Replaces a species on the stack by the mask of the columns that are left from a position on.
  void mask(int from) {
    code.loadConstant(from).iload(rest);
    code.invokeinterface(
        VectorTypes.SPECIES, "indexInRange", MethodTypeDesc.of(VectorTypes.MASK, CD_int, CD_int));
  }

  int constant(double value) {
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

  ClassDesc array() {
    return types.element().arrayType();
  }

  /// Pushes the vector in a variable that a loop changes, as the result of an operation that
  /// changes nothing. C2 does not know such a variable's class, and a call on it may stay a call,
  /// with vectors in boxes; as an argument it does no harm.
  void known(ClassDesc type, int variable, int neutral, String operation) {
    code.aload(neutral).aload(variable);
    operations.call(type, operation);
  }

  int copy(int variable) {
    code.iload(variable);
    return frame.locals.store(TypeKind.INT);
  }

  void load(Node node) {
    code.aload(vectors.get(node));
  }

  void define(Node node) {
    vectors.put(node, pools.get(node.kind()).store(TypeKind.REFERENCE));
  }

  void forget(Node node) {
    pools.get(node.kind()).giveBack(TypeKind.REFERENCE, vectors.remove(node));
  }

  void broadcast(Node node) {
    operations.broadcast(node, () -> frame.load(node));
    define(node);
  }

  /// Per-row values that the elements of a stage need as vectors.
  static List<Node> spread(Stage stage) {
    List<Node> used = new ArrayList<>();
    stage.elements().stream()
        .filter(e -> e.from() == Schedule.Source.COMPUTED)
        .forEach(e -> used.addAll(e.node().arguments()));
    stage.reductions().forEach(r -> used.addAll(r.arguments()));
    stage.stores().stream().filter(Output::wide).forEach(o -> used.add(o.node()));
    stage.folds().forEach(o -> used.add(o.node()));
    stage.areas().forEach(o -> used.addAll(o.node().arguments()));
    return used.stream().filter(Node::isPerRow).distinct().toList();
  }

  List<Node> constants() {
    return schedule.stages().stream()
        .flatMap(stage -> spread(stage).stream())
        .filter(Node::isConstant)
        .distinct()
        .toList();
  }

  /// A vector's columns: those from variable `column` plus `offset`, where the mask in a variable
  /// holds unless that is -1.
  record Cut(int column, int offset, int mask) {
    boolean whole() {
      return mask < 0;
    }
  }

  void elements(Stage stage, Cut cut) {
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

  void finish(Stage stage, Cut cut) {
    for (Output store : stage.stores()) {
      if (store.wide()) {
        load(store.node());
        write(store.place(), cut);
      }
    }
    stage.elements().forEach(element -> forget(element.node()));
  }

  void position(int place, Cut cut) {
    frame.address(place);
    code.iload(cut.column).iadd();
    offset(cut);
  }

  void offset(Cut cut) {
    if (cut.offset > 0) {
      code.loadConstant(cut.offset).iadd();
    }
  }

  void kept(Element element, Cut cut) {
    code.aload(numbers).iload(rowLength).loadConstant(element.at()).imul();
    code.loadConstant(fixed(schedule)).iadd();
    code.iload(cut.column).iadd();
    offset(cut);
  }

  void read(int place, Cut cut) {
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

  void write(int place, Cut cut) {
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
  void truths(Cut cut, String name) {
    code.iload(rest).loadConstant(cut.offset).isub().loadConstant(types.lanes());
    frame.smaller();
    frame.scratch("truths", Names.TRUTHS);
    code.invokestatic(
        Names.TRUTH_BUFFER,
        name,
        MethodTypeDesc.of(CD_void, Names.TRUTHS, CD_int, CD_int, Names.TRUTHS));
  }
}
