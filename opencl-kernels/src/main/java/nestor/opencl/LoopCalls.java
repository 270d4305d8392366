package nestor.opencl;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.plan.Kernel;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.LoopArguments;
import nestor.opencl.source.LoopSource;
import nestor.opencl.source.Source;
import nestor.opencl.source.Style;
import org.jspecify.annotations.Nullable;

/// Fused loops as calls of generated kernels.
final class LoopCalls {
  /// Elements times operations from which more than one work item of a processor pays.
  private static final long PARALLEL_WORK = 1L << 17;

  private LoopCalls() {}

  /// The call that runs a loop.
  static List<Call> of(Session session, Kernel.Fused fused) {
    Loop loop = fused.loop();
    LoopArguments where = fused.arguments();
    if (where.rows() == 0 || where.columns() == 0) {
      return List.of();
    }
    boolean lanes = session.style() == Style.LANES;
    int @Nullable [][] positions = where.tables();
    boolean[] tables = new boolean[where.slots().length];
    List<Call.Argument> arguments = new ArrayList<>();
    for (int i = 0; i < tables.length; i++) {
      tables[i] = positions != null && positions[i] != null;
      arguments.add(new Call.Slot(where.slots()[i], where.offsets()[i]));
      arguments.add(new Call.Scalar(where.rowStrides()[i]));
      if (positions != null && positions[i] != null) {
        arguments.add(session.table(positions[i]));
      }
    }
    arguments.add(new Call.Scalar(where.rows()));
    arguments.add(new Call.Scalar(where.columns()));
    arguments.add(new Call.Scalar(where.group()));
    Source source = LoopSource.of(loop, tables, session.style(), lanes ? 1 : session.groupSize());
    if (lanes) {
      return List.of(lanes(session, loop, where, source, arguments));
    }
    int units = where.rows() / where.group();
    if (loop.foldsRows()) {
      int group = session.groupSize();
      return List.of(new Call(source, arguments, new long[] {group, units}, new long[] {group, 1}));
    }
    return List.of(Call.over(where.columns(), units, source, arguments, session.groupSize()));
  }

  /// Work items by rows, or where there are few of them and columns stand alone by columns.
  private static Call lanes(
      Session session,
      Loop loop,
      LoopArguments where,
      Source source,
      List<Call.Argument> arguments) {
    int units = where.rows() / where.group();
    int columns = where.columns();
    long work = (long) where.rows() * columns * loop.instructions().size();
    int items = work < PARALLEL_WORK ? 1 : session.items();
    int down = Math.min(units, items);
    int across = loop.foldsRows() ? 1 : Math.min(items / down, Math.ceilDiv(columns, Loop.LANES));
    int rowStep = Math.ceilDiv(units, down);
    int columnStep = Math.ceilDiv(Math.ceilDiv(columns, across), Loop.LANES) * Loop.LANES;
    arguments.add(new Call.Scalar(rowStep));
    arguments.add(new Call.Scalar(columnStep));
    return new Call(
        source,
        arguments,
        new long[] {Math.ceilDiv(columns, columnStep), Math.ceilDiv(units, rowStep)},
        new long[] {1, 1});
  }
}
