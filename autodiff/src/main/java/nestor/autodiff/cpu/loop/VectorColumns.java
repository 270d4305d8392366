package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.cpu.loop.Node.Kind;
import nestor.autodiff.cpu.loop.Node.Operation;
import nestor.autodiff.cpu.loop.Schedule.Element;
import nestor.autodiff.cpu.loop.Schedule.Output;
import nestor.autodiff.cpu.loop.Schedule.Stage;

/// The columns of a loop as vectors: the variables that hold them, and one vector of each row's
/// elements at a time.
final class VectorColumns {
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
  final List<Integer> masks = new ArrayList<>();
  int rest; // columns left behind the last whole step
  int limit; // where they start
  int numbers; // scratch: room for patches, 16 numbers for each sum, kept rows
  int rowLength;
  int zero;
  int least;
  int wideZero; // zeros of float64

  VectorColumns(CodeBuilder code, Schedule schedule, VectorTypes types, Frame.Rows rows) {
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

  static int sumBuffer(int sum) {
    return 2 * Lanes.COUNT + Lanes.COUNT * sum;
  }

  /// Finds the last columns, and what all rows share.
  void open() {
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
    constants().forEach(this::broadcast);
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
    code.loadConstant(sumBuffer(ScalarKernel.count(schedule, Operation.SUM))).iadd();
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
        Names.LANES, name, MethodTypeDesc.of(CD_void, Names.TRUTHS, CD_int, CD_int, Names.TRUTHS));
  }
}
