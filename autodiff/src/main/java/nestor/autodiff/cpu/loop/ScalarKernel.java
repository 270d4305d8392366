package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Reduce;
import nestor.autodiff.cpu.loop.Node.Operation;
import nestor.autodiff.cpu.loop.Schedule.Element;
import nestor.autodiff.cpu.loop.Schedule.Output;
import nestor.autodiff.cpu.loop.Schedule.Stage;
import nestor.autodiff.plan.Loop;

/// Writes a loop as plain Java would: one number at a time, the lanes of sums in memory.
final class ScalarKernel {
  private final Frame frame;
  private final CodeBuilder code;
  private final Schedule schedule;
  private final DType dtype;
  private final int sums;
  private final int dots;
  private final int folds;
  private int doubles = -1; // sums: 16 lanes each; column folds: a row each
  private int numbers = -1; // in the loop's type: 16 lanes for each dot, then kept rows
  private int rowLength = -1;

  private ScalarKernel(CodeBuilder code, Schedule schedule) {
    this.code = code;
    this.schedule = schedule;
    frame = new Frame(code, schedule, Frame.Rows.TABLED);
    dtype = schedule.dtype();
    sums = count(schedule, Operation.SUM);
    dots = count(schedule, Operation.DOT);
    folds = schedule.stages().getFirst().folds().size();
  }

  static int count(Schedule schedule, Operation operation) {
    return schedule.stages().stream()
        .mapToInt(
            s -> (int) s.reductions().stream().filter(r -> r.operation() == operation).count())
        .max()
        .orElse(0);
  }

  static Scratch.Size scratch(Schedule schedule) {
    int sums = Lanes.COUNT * count(schedule, Operation.SUM);
    int dots = Lanes.COUNT * count(schedule, Operation.DOT);
    int folds = schedule.stages().getFirst().folds().size();
    return schedule.dtype() == DType.FLOAT64
        ? new Scratch.Size(0, 0, sums + dots, folds + schedule.keptRows())
        : new Scratch.Size(dots, schedule.keptRows(), sums, folds);
  }

  /// The body of [Kernel#run].
  static void write(CodeBuilder code, Schedule schedule) {
    new ScalarKernel(code, schedule).write();
  }

  private void write() {
    frame.open();
    openScratch();
    if (folds > 0) {
      groups();
    } else {
      int row = from(Frame.FROM_ROW);
      frame.loop(row, Frame.TO_ROW, () -> row(row), () -> frame.advance(row, 1));
    }
    code.return_();
  }

  private void openScratch() {
    if (sums + folds > 0) {
      frame.scratch("doubles", Names.DOUBLES);
      doubles = frame.locals.store(TypeKind.REFERENCE);
      clear(doubles, CD_double, 0, sums);
    }
    if (dots + schedule.keptRows() > 0) {
      frame.scratch(
          dtype == DType.FLOAT64 ? "doubles" : "floats", Names.primitive(dtype).arrayType());
      numbers = frame.locals.store(TypeKind.REFERENCE);
      clear(numbers, Names.primitive(dtype), dotLanes(0), dots);
    }
    code.iload(Frame.TO_COLUMN);
    code.invokestatic(Names.SCRATCH, "rowLength", MethodTypeDesc.of(CD_int, CD_int));
    rowLength = frame.locals.store(TypeKind.INT);
  }

  private void clear(int array, ClassDesc type, int from, int lanes) {
    if (lanes > 0) {
      code.aload(array).loadConstant(from).loadConstant(from + Lanes.COUNT * lanes);
      if (type.equals(CD_double)) {
        code.dconst_0();
      } else {
        code.fconst_0();
      }
      code.invokestatic(
          Names.of(Arrays.class),
          "fill",
          MethodTypeDesc.of(CD_void, type.arrayType(), CD_int, CD_int, type));
    }
  }

  private int dotLanes(int dot) {
    return Lanes.COUNT * ((dtype == DType.FLOAT64 ? sums : 0) + dot);
  }

  private int from(int variable) {
    code.iload(variable);
    return frame.locals.store(TypeKind.INT);
  }

  private void row(int row) {
    frame.locateAll(row);
    for (Stage stage : schedule.stages()) {
      frame.row(stage);
      if (stage.hasColumns()) {
        Reductions reductions = new Reductions(stage);
        reductions.open();
        if (stage.sums()) {
          chunks(stage, reductions);
        } else {
          int column = from(Frame.FROM_COLUMN);
          columns(stage, reductions, column, Frame.TO_COLUMN, -1);
          frame.locals.giveBack(TypeKind.INT, column);
        }
        reductions.close();
      }
    }
  }

  private void chunks(Stage stage, Reductions reductions) {
    int column = from(Frame.FROM_COLUMN);
    int end = from(Frame.FROM_COLUMN);
    int mask = from(Frame.FROM_COLUMN);
    frame.loop(
        column,
        Frame.TO_COLUMN,
        () -> {
          code.iload(column).iload(Frame.CHUNK).iadd().iload(Frame.TO_COLUMN);
          frame.smaller();
          code.istore(end);
          code.iload(end).iload(column).isub();
          code.invokestatic(Names.LANES, "mask", MethodTypeDesc.of(CD_int, CD_int)).istore(mask);
          columns(stage, reductions, column, end, mask);
          reductions.closeChunk();
        },
        () -> {});
    List.of(column, end, mask).forEach(slot -> frame.locals.giveBack(TypeKind.INT, slot));
  }

  private void columns(Stage stage, Reductions reductions, int column, int end, int mask) {
    frame.loop(
        column,
        end,
        () -> {
          stage.elements().forEach(element -> element(element, column));
          reductions.step(column, mask);
          stores(stage, column);
          stage.elements().forEach(element -> frame.forget(element.node()));
        },
        () -> frame.advance(column, 1));
  }

  private void element(Element element, int column) {
    Node node = element.node();
    switch (element.from()) {
      case STORED -> {
        frame.address(element.at());
        code.iload(column).iadd();
        frame.arrayLoad(element.at());
        frame.define(node, frame.locals.store(ScalarOperations.kind(dtype, node)));
      }
      case KEPT -> {
        kept(element, column);
        code.arrayLoad(frame.number);
        frame.define(node, frame.locals.store(frame.number));
      }
      case COMPUTED -> {
        frame.compute(node, () -> code.iload(column).iadd());
        if (element.at() >= 0) {
          kept(element, column);
          frame.load(node);
          code.arrayStore(frame.number);
        }
      }
    }
  }

  private void kept(Element element, int column) {
    code.aload(numbers).iload(rowLength).loadConstant(element.at()).imul();
    code.iload(column).iadd().loadConstant(dotLanes(dots)).iadd();
  }

  private void stores(Stage stage, int column) {
    for (Output store : stage.stores()) {
      if (store.wide()) {
        frame.address(store.place());
        code.iload(column).iadd();
        frame.load(store.node());
        frame.arrayStore(store.place());
      }
    }
  }

  /// The reductions of one stage.
  private final class Reductions {
    private final List<Node> nodes;
    private final Bindings<Node, Integer> lanes = new Bindings<>();
    private final Bindings<Node, Integer> totals = new Bindings<>();

    Reductions(Stage stage) {
      nodes = stage.reductions();
    }

    void open() {
      int sum = 0;
      int dot = 0;
      for (Node node : nodes) {
        switch (node.operation()) {
          case SUM -> {
            lanes.put(node, Lanes.COUNT * sum++);
            code.dconst_0();
            totals.put(node, frame.locals.store(TypeKind.DOUBLE));
          }
          case DOT -> lanes.put(node, dotLanes(dot++));
          default -> {
            frame.leastNumber();
            totals.put(node, frame.locals.store(frame.number));
          }
        }
      }
    }

    void step(int column, int mask) {
      for (Node node : nodes) {
        Node argument = node.arguments().getFirst();
        switch (node.operation()) {
          case SUM -> {
            code.aload(doubles).iload(column).iload(mask).iand();
            code.loadConstant(lanes.get(node)).iadd().dup2().daload();
            frame.load(argument);
            frame.operations.widen();
            code.dadd().dastore();
          }
          case DOT -> {
            code.aload(numbers).iload(column).loadConstant(Lanes.COUNT - 1).iand();
            code.loadConstant(lanes.get(node)).iadd().dup2().arrayLoad(frame.number);
            int chain = frame.locals.store(frame.number);
            frame.load(argument);
            frame.load(node.arguments().getLast());
            code.loadLocal(frame.number, chain);
            ClassDesc type = Names.primitive(dtype);
            code.invokestatic(Names.MATH, "fma", MethodTypeDesc.of(type, type, type, type));
            code.arrayStore(frame.number);
            frame.locals.giveBack(frame.number, chain);
          }
          default -> {
            code.loadLocal(frame.number, totals.get(node));
            frame.load(argument);
            frame.math("max");
            code.storeLocal(frame.number, totals.get(node));
          }
        }
      }
    }

    void closeChunk() {
      for (Node node : nodes) {
        if (node.operation() == Operation.SUM) {
          code.dload(totals.get(node));
          take(doubles, CD_double, lanes.get(node));
          code.dadd().dstore(totals.get(node));
        }
      }
    }

    private void take(int array, ClassDesc type, int at) {
      code.aload(array).loadConstant(at);
      code.invokestatic(Names.LANES, "take", MethodTypeDesc.of(type, type.arrayType(), CD_int));
    }

    void close() {
      for (Node node : nodes) {
        switch (node.operation()) {
          case SUM -> {
            code.dload(totals.get(node));
            frame.operations.narrow();
            frame.define(node, frame.locals.store(frame.number));
            frame.locals.giveBack(TypeKind.DOUBLE, totals.get(node));
          }
          case DOT -> {
            take(numbers, Names.primitive(dtype), lanes.get(node));
            frame.define(node, frame.locals.store(frame.number));
          }
          default -> frame.define(node, totals.get(node));
        }
      }
    }
  }

  /// Rows in groups, each folded into a row of totals.
  private void groups() {
    Stage stage = schedule.stages().getFirst();
    int row = from(Frame.FROM_ROW);
    int group = frame.group(row);
    int end = from(Frame.FROM_ROW);
    int column = from(Frame.FROM_COLUMN);
    frame.loop(
        row,
        Frame.TO_ROW,
        () -> {
          code.iload(row).iload(frame.groupSize()).iadd().istore(end);
          stage.folds().forEach(fold -> openFold(stage, fold));
          frame.loop(
              row,
              end,
              () -> {
                frame.locateAll(row);
                frame.row(stage);
                code.iload(Frame.FROM_COLUMN).istore(column);
                frame.loop(
                    column,
                    Frame.TO_COLUMN,
                    () -> {
                      stage.elements().forEach(element -> element(element, column));
                      stage.folds().forEach(fold -> fold(stage, fold, column));
                      stores(stage, column);
                      stage.elements().forEach(element -> frame.forget(element.node()));
                    },
                    () -> frame.advance(column, 1));
              },
              () -> frame.advance(row, 1));
          for (Output fold : stage.folds()) {
            frame.locate(fold.place(), group);
            code.iload(Frame.FROM_COLUMN).istore(column);
            frame.loop(
                column,
                Frame.TO_COLUMN,
                () -> {
                  frame.address(fold.place());
                  code.iload(column).iadd();
                  total(stage, fold);
                  code.iload(column).iadd().daload();
                  frame.operations.narrow();
                  frame.arrayStore(fold.place());
                },
                () -> frame.advance(column, 1));
          }
        },
        () -> frame.advance(group, 1));
  }

  static boolean isSum(Output fold) {
    return fold.result() instanceof Loop.ColumnFold(Reduce.Kind kind, int value)
        && kind == Reduce.Kind.SUM;
  }

  /// Pushes the array and the start of a fold's totals.
  private void total(Stage stage, Output fold) {
    code.aload(doubles).iload(rowLength).loadConstant(stage.folds().indexOf(fold)).imul();
  }

  private void openFold(Stage stage, Output fold) {
    total(stage, fold);
    code.dup().iload(Frame.TO_COLUMN).iadd();
    code.loadConstant(isSum(fold) ? 0 : Double.NEGATIVE_INFINITY);
    code.invokestatic(
        Names.of(Arrays.class),
        "fill",
        MethodTypeDesc.of(CD_void, Names.DOUBLES, CD_int, CD_int, CD_double));
  }

  private void fold(Stage stage, Output fold, int column) {
    total(stage, fold);
    code.iload(column).iadd().dup2().daload();
    frame.load(fold.node());
    frame.operations.widen();
    if (isSum(fold)) {
      code.dadd();
    } else {
      code.invokestatic(Names.MATH, "max", MethodTypeDesc.of(CD_double, CD_double, CD_double));
    }
    code.dastore();
  }
}
