package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_int;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import nestor.autodiff.DType;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.loop.Node;
import nestor.autodiff.plan.loop.Schedule;

/// What surrounds the columns of a loop: where operands and results lie, the loop over rows, and
/// the values that exist once per row.
final class Frame {
  static final int FROM_ROW = 5;
  static final int TO_ROW = 6;
  static final int FROM_COLUMN = 7;
  static final int TO_COLUMN = 8;

  private static final int ARRAYS = 1;
  private static final int OFFSETS = 2;
  private static final int ARGUMENTS = 3;
  private static final int SCRATCH = 4;

  final CodeBuilder code;
  final Schedule schedule;
  private final Rows rows;
  final DType dtype;
  final TypeKind number;
  final Locals locals;
  final ScalarOperations operations;

  private int one; // 1, which only the run knows
  private final Place[] places;
  private final Bindings<Node, Integer> values = new Bindings<>();
  private int groupSize = -1;

  /// How rows are found.
  enum Rows {
    /// At equal distances.
    STRIDED,
    /// At equal distances or by tables. Code without a branch for it: C2 moves what belongs to one
    /// of two paths out of a loop, and falls back to the interpreter if it was the other one.
    TABLED
  }

  /// Local variables of a place: its array, the position of its first element, the distance of its
  /// rows, their positions besides that, which of those a row has, and the position of the present
  /// row.
  private record Place(
      DType dtype, int array, int first, int stride, int table, int mask, int row) {}

  Frame(CodeBuilder code, Schedule schedule, Rows rows) {
    this.code = code;
    this.rows = rows;
    this.schedule = schedule;
    dtype = schedule.dtype();
    number = Names.kind(dtype);
    locals = new Locals(code);
    operations = new ScalarOperations(code, dtype, this::load);
    places = new Place[schedule.places()];
  }

  /// An empty loop, which counts as much work to the JIT, over rows that are less than none.
  void spin() {
    code.iload(TO_ROW);
    int row = locals.store(TypeKind.INT);
    loop(row, FROM_ROW, () -> {}, () -> code.iinc(row, 1));
    locals.giveBack(TypeKind.INT, row);
  }

  /// Adds to a variable of a loop in a way in which C2 does not see by how much: it would make
  /// several copies of the loop, and spend several times as long on it, for next to nothing.
  void advance(int variable, int by) {
    code.iload(variable).iload(one);
    if (by != 1) {
      code.loadConstant(by).imul();
    }
    code.iadd().istore(variable);
  }

  /// Reads the arguments of the run.
  void open() {
    scratch("one", CD_int);
    one = locals.store(TypeKind.INT);
    int slots = argument("slots", Names.INTS);
    int offsets = argument("offsets", Names.INTS);
    int strides = argument("rowStrides", Names.INTS);
    int tables = rows == Rows.TABLED ? argument("tables", Names.TABLES) : -1;
    for (int i = 0; i < places.length; i++) {
      DType type = schedule.type(i);
      code.aload(ARRAYS).aload(slots).loadConstant(i).iaload().aaload();
      code.checkcast(Names.primitive(type).arrayType());
      int array = locals.store(TypeKind.REFERENCE);
      code.aload(OFFSETS).aload(slots).loadConstant(i).iaload().iaload();
      code.aload(offsets).loadConstant(i).iaload().iadd();
      int first = locals.store(TypeKind.INT);
      code.aload(strides).loadConstant(i).iaload();
      int stride = locals.store(TypeKind.INT);
      int table = -1;
      int mask = -1;
      if (rows == Rows.TABLED) {
        Label end = code.newLabel();
        scratch("strided", Names.INTS);
        table = locals.store(TypeKind.REFERENCE);
        code.iconst_0();
        mask = locals.store(TypeKind.INT);
        code.aload(tables).ifnull(end).aload(tables).loadConstant(i).aaload().ifnull(end);
        code.aload(tables).loadConstant(i).aaload().astore(table);
        code.iconst_m1().istore(mask).iconst_0().istore(stride);
        code.labelBinding(end);
      }
      code.iconst_0();
      int row = locals.store(TypeKind.INT);
      places[i] = new Place(type, array, first, stride, table, mask, row);
    }
  }

  private int argument(String name, ClassDesc type) {
    code.aload(ARGUMENTS).invokevirtual(Names.ARGUMENTS, name, MethodTypeDesc.of(type));
    return locals.store(TypeKind.REFERENCE);
  }

  /// A variable with the number of rows that a column fold makes one.
  int groupSize() {
    if (groupSize < 0) {
      code.aload(ARGUMENTS).invokevirtual(Names.ARGUMENTS, "group", MethodTypeDesc.of(CD_int));
      groupSize = locals.store(TypeKind.INT);
    }
    return groupSize;
  }

  /// A variable with the group that starts at the row in a variable.
  int group(int row) {
    int size = groupSize();
    code.iload(row).iload(size).idiv();
    return locals.store(TypeKind.INT);
  }

  /// Pushes an array of the scratch memory.
  void scratch(String field, ClassDesc type) {
    code.aload(SCRATCH).getfield(Names.SCRATCH, field, type);
  }

  /// Finds the row in variable `row` of a place.
  void locate(int place, int row) {
    Place p = places[place];
    code.iload(p.stride).iload(row).imul().iload(p.first).iadd();
    if (rows == Rows.TABLED) {
      code.aload(p.table).iload(row).iload(p.mask).iand().iaload().iadd();
    }
    code.istore(p.row);
  }

  /// Finds the row in variable `row` of all places but those of folds over rows.
  void locateAll(int row) {
    for (int i = 0; i < places.length; i++) {
      if (!isFold(i)) {
        locate(i, row);
      }
    }
  }

  private boolean isFold(int place) {
    int result = place - schedule.loop().operands().size();
    return result >= 0 && !(schedule.loop().results().get(result) instanceof Loop.Store);
  }

  /// Pushes a place's array and the position of the present row's first element.
  void address(int place) {
    code.aload(places[place].array).iload(places[place].row);
  }

  /// A loop over an integer variable from `start` while below variable `end`.
  void loop(int variable, int end, Runnable body, Runnable step) {
    Label test = code.newLabel();
    Label out = code.newLabel();
    code.labelBinding(test).iload(variable).iload(end).if_icmpge(out);
    body.run();
    step.run();
    code.goto_(test).labelBinding(out);
  }

  /// Remembers the variable that holds a value.
  void define(Node node, int local) {
    values.put(node, local);
  }

  /// Gives back the variable of a value.
  void forget(Node node) {
    locals.giveBack(ScalarOperations.kind(dtype, node), values.remove(node));
  }

  /// Pushes a value.
  void load(Node node) {
    if (node.isConstant()) {
      operations.constant(node);
    } else {
      code.loadLocal(ScalarOperations.kind(dtype, node), values.get(node));
    }
  }

  /// Computes a value from others, pushing the position of the element to read where that is an
  /// operand.
  void compute(Node node, Runnable position) {
    if (node.operation().isLoad()) {
      int place = (int) node.number();
      address(place);
      position.run();
      code.arrayLoad(Names.kind(places[place].dtype));
    } else {
      operations.emit(node);
    }
    define(node, locals.store(ScalarOperations.kind(dtype, node)));
  }

  /// Computes and stores what exists once per row.
  void row(Schedule.Stage stage) {
    stage.rows().forEach(node -> compute(node, () -> {}));
    for (Schedule.Output store : stage.stores()) {
      if (!store.wide()) {
        address(store.place());
        load(store.node());
        code.arrayStore(Names.kind(places[store.place()].dtype));
      }
    }
  }

  DType type(int place) {
    return places[place].dtype;
  }

  /// Pushes the smaller of the two topmost integers.
  void smaller() {
    code.invokestatic(Names.MATH, "min", MethodTypeDesc.of(CD_int, CD_int, CD_int));
  }
}
