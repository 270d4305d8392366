package nestor.autodiff.cpu.loop;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.cpu.loop.VectorColumns.Cut;
import nestor.autodiff.cpu.loop.VectorColumns.Tail;
import nestor.autodiff.plan.loop.Node;
import nestor.autodiff.plan.loop.Node.Kind;
import nestor.autodiff.plan.loop.Schedule;
import nestor.autodiff.plan.loop.Schedule.Output;
import nestor.autodiff.plan.loop.Schedule.Stage;

/// Writes a loop over vectors, with the bits of [BlockKernel]. A step takes as many columns as a
/// sum has lanes, in one or more vectors; the columns that are left at the end are masked.
final class VectorKernel {
  private final VectorColumns columns;
  private final Frame frame;
  private final CodeBuilder code;
  private final Schedule schedule;
  private final VectorTypes types;
  private final VectorOperations operations;
  private final VectorReductions areas;

  private VectorKernel(VectorColumns columns) {
    this.columns = columns;
    frame = columns.frame;
    code = columns.code;
    schedule = columns.schedule;
    types = columns.types;
    operations = columns.operations;
    areas = new VectorReductions(columns, nodes(schedule.areas()));
  }

  private static List<Node> nodes(List<Output> outputs) {
    return outputs.stream().map(Output::node).distinct().toList();
  }

  /// The body of [Kernel#run].
  static void write(
      CodeBuilder code, Schedule schedule, VectorTypes types, Frame.Rows rows, Tail tail) {
    new VectorKernel(new VectorColumns(code, schedule, types, rows, tail)).write();
  }

  private void write() {
    frame.spin();
    frame.open();
    columns.open();
    if (schedule.loop().foldsColumns()) {
      groups();
    } else if (schedule.loop().foldsAreas()) {
      areas();
    } else {
      int row = columns.copy(Frame.FROM_ROW);
      frame.loop(row, Frame.TO_ROW, () -> row(row), () -> frame.advance(row, 1));
    }
    code.return_();
  }

  private void row(int row) {
    frame.locateAll(row);
    for (Stage stage : schedule.stages()) {
      frame.row(stage);
      if (stage.hasColumns()) {
        List<Node> spread =
            VectorColumns.spread(stage).stream().filter(node -> !node.isConstant()).toList();
        spread.forEach(columns::broadcast);
        VectorReductions reductions = new VectorReductions(columns, stage.reductions());
        reductions.open();
        int column = columns.copy(Frame.FROM_COLUMN);
        areas.restore(nodes(stage.areas()));
        steps(stage, reductions, column);
        areas.save(nodes(stage.areas()));
        if (columns.ragged) {
          Label end = code.newLabel();
          code.iload(columns.rest).ifeq(end);
          tail(stage, reductions, column);
          code.labelBinding(end);
        }
        frame.locals.giveBack(TypeKind.INT, column);
        reductions.close();
        spread.forEach(columns::forget);
      }
    }
  }

  private void steps(Stage stage, VectorReductions reductions, int column) {
    frame.loop(
        column,
        columns.limit,
        () -> {
          for (int copy = 0; copy < columns.copies; copy++) {
            Cut cut = new Cut(column, copy * types.lanes(), -1);
            columns.elements(stage, cut);
            reductions.step(copy);
            areas.step(nodes(stage.areas()), copy);
            columns.finish(stage, cut);
          }
        },
        () -> frame.advance(column, columns.step));
  }

  private void tail(Stage stage, VectorReductions reductions, int column) {
    for (int copy = 0; copy < columns.copies; copy++) {
      Cut cut = new Cut(column, copy * types.lanes(), columns.masks.get(copy));
      columns.elements(stage, cut);
      reductions.tail(copy, columns.masks.get(copy));
      columns.finish(stage, cut);
    }
  }

  /// Rows in groups, each of which is reduced as one row.
  private void areas() {
    int row = columns.copy(Frame.FROM_ROW);
    int group = frame.group(row);
    int end = columns.copy(Frame.FROM_ROW);
    frame.loop(
        row,
        Frame.TO_ROW,
        () -> {
          code.iload(row).iload(frame.groupSize()).iadd().istore(end);
          areas.open();
          areas.save(nodes(schedule.areas()));
          frame.loop(row, end, () -> row(row), () -> frame.advance(row, 1));
          areas.restore(nodes(schedule.areas()));
          areas.close();
          for (Output area : schedule.areas()) {
            frame.locate(area.place(), group);
            frame.address(area.place());
            frame.load(area.node());
            code.arrayStore(frame.number);
          }
          nodes(schedule.areas()).forEach(frame::forget);
        },
        () -> frame.advance(group, 1));
  }

  /// Rows in groups, a strip of columns at a time.
  private void groups() {
    int row = columns.copy(Frame.FROM_ROW);
    int group = frame.group(row);
    int end = columns.copy(Frame.FROM_ROW);
    int column = columns.copy(Frame.FROM_COLUMN);
    frame.loop(
        row,
        Frame.TO_ROW,
        () -> {
          code.iload(row).iload(frame.groupSize()).iadd().istore(end);
          code.iload(Frame.FROM_COLUMN).istore(column);
          frame.loop(
              column,
              columns.limit,
              () -> strip(row, end, group, column, false),
              () -> frame.advance(column, columns.step));
          if (columns.ragged) {
            Label none = code.newLabel();
            code.iload(columns.rest).ifeq(none);
            strip(row, end, group, column, true);
            code.labelBinding(none);
          }
          code.iload(end).istore(row);
        },
        () -> frame.advance(group, 1));
  }

  private void strip(int from, int end, int group, int column, boolean masked) {
    Stage stage = schedule.stages().getFirst();
    Bindings<Output, List<Integer>> totals = new Bindings<>();
    for (Output fold : stage.folds()) {
      List<Integer> slots = new ArrayList<>();
      for (int i = 0; i < (widened(fold) ? 2 * columns.copies : columns.copies); i++) {
        code.aload(widened(fold) ? columns.wideZero : fold.isSum() ? columns.zero : columns.least);
        slots.add(pool(fold).store(TypeKind.REFERENCE));
      }
      totals.put(fold, slots);
    }
    int row = columns.copy(from);
    frame.loop(
        row,
        end,
        () -> {
          frame.locateAll(row);
          frame.row(stage);
          List<Node> spread =
              VectorColumns.spread(stage).stream().filter(n -> !n.isConstant()).toList();
          spread.forEach(columns::broadcast);
          for (int copy = 0; copy < columns.copies; copy++) {
            Cut cut = cut(column, copy, masked);
            columns.elements(stage, cut);
            for (Output fold : stage.folds()) {
              fold(fold, copy, totals.get(fold));
            }
            columns.finish(stage, cut);
          }
          spread.forEach(columns::forget);
        },
        () -> frame.advance(row, 1));
    frame.locals.giveBack(TypeKind.INT, row);
    for (Output fold : stage.folds()) {
      frame.locate(fold.place(), group);
      for (int copy = 0; copy < columns.copies; copy++) {
        total(fold, cut(column, copy, masked), copy, totals.get(fold));
      }
      totals.get(fold).forEach(slot -> pool(fold).giveBack(TypeKind.REFERENCE, slot));
    }
  }

  private Cut cut(int column, int copy, boolean masked) {
    return new Cut(column, copy * types.lanes(), masked ? columns.masks.get(copy) : -1);
  }

  private boolean widened(Output fold) {
    return fold.isSum() && types.dtype() == DType.FLOAT32;
  }

  private Locals pool(Output fold) {
    return widened(fold) ? columns.wide : columns.pools.get(Kind.NUMBER);
  }

  private void fold(Output fold, int copy, List<Integer> slots) {
    if (widened(fold)) {
      for (int half = 0; half < 2; half++) {
        int slot = slots.get(2 * copy + half);
        operations.half(() -> columns.load(fold.node()), half);
        code.aload(slot);
        operations.call(VectorTypes.DOUBLE, "add");
        code.astore(slot);
      }
    } else {
      columns.load(fold.node());
      code.aload(slots.get(copy));
      operations.call(types.number(), fold.isSum() ? "add" : "max");
      code.astore(slots.get(copy));
    }
  }

  private void total(Output fold, Cut cut, int copy, List<Integer> slots) {
    if (!widened(fold)) {
      int neutral = fold.isSum() ? columns.zero : columns.least;
      columns.known(types.number(), slots.get(copy), neutral, fold.isSum() ? "add" : "max");
      columns.write(fold.place(), cut);
      return;
    }
    int halfSize = types.bitSize() / 2;
    for (int half = 0; half < 2; half++) {
      int offset = cut.offset() + half * types.lanes() / 2;
      columns.known(VectorTypes.DOUBLE, slots.get(2 * copy + half), columns.wideZero, "add");
      operations.cast(VectorTypes.FLOAT, halfSize);
      columns.position(fold.place(), new Cut(cut.column(), offset, cut.mask()));
      if (cut.whole()) {
        operations.write(VectorTypes.FLOAT, Names.FLOATS);
      } else {
        types.species(code, VectorTypes.FLOAT, halfSize);
        columns.mask(offset);
        operations.writeMasked(VectorTypes.FLOAT, Names.FLOATS);
      }
    }
  }
}
