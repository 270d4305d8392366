package nestor.opencl.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.loop.Node;
import nestor.autodiff.plan.loop.Schedule;

/// A [Loop] in OpenCL C.
///
/// Parameters are, for each place, operands first: its array, the position of the place in it, the
/// distance of its rows, and if it has one the table of where they begin; then the numbers of rows
/// and columns, rows per group of [Loop.ColumnFold] and [Loop.AreaFold], and with [Style#LANES] how
/// many rows (groups, where there are some) and columns a work item takes.
public final class LoopSource {
  private final Schedule schedule;
  private final boolean[] tables;
  private final Style style;
  private final int groupSize;
  private final Expressions single;
  private final Expressions wide;
  private final Text text = new Text();
  private final Map<Node, String> rowValues = new HashMap<>();

  private LoopSource(Loop loop, boolean[] tables, Style style, int groupSize) {
    this.schedule = Schedule.keepingNothing(loop);
    this.tables = tables;
    this.style = style;
    this.groupSize = groupSize;
    this.single = new Expressions(loop.dtype(), 1);
    this.wide = style == Style.LANES ? new Expressions(loop.dtype(), Loop.LANES) : single;
  }

  /// The kernel.
  ///
  /// @param loop what is computed
  /// @param tables per place whether its rows begin where a table says
  /// @param style how work is laid out
  /// @param groupSize the work items that reduce a row together, a power of two; 1 with lanes
  public static Source of(Loop loop, boolean[] tables, Style style, int groupSize) {
    LoopSource source = new LoopSource(loop, tables, style, groupSize);
    source.write();
    return Source.named("loop", source.text.toString());
  }

  private boolean isLanes() {
    return style == Style.LANES;
  }

  private boolean foldsColumns() {
    return schedule.loop().foldsColumns();
  }

  private boolean foldsAreas() {
    return schedule.loop().foldsAreas();
  }

  // ---------------------------------------------------------------- the frame

  private void write() {
    List<String> parameters = new ArrayList<>();
    for (int i = 0; i < schedule.places(); i++) {
      String kind = i < schedule.loop().operands().size() ? "const " : "";
      parameters.add(
          "__global %s%s *p%d, int o%d, int s%d"
              .formatted(kind, Types.of(schedule.type(i)), i, i, i));
      if (tables[i]) {
        parameters.add("__global const int *t%d".formatted(i));
      }
    }
    parameters.add("int rows, int columns, int group");
    if (isLanes()) {
      parameters.add("int rowStep, int columnStep");
    }
    if (isLanes() || schedule.loop().foldsRows()) {
      text.line("__attribute__((reqd_work_group_size(%d, 1, 1)))", groupSize);
    }
    text.block(
        () -> {
          if (isLanes()) {
            lanes();
          } else {
            threads();
          }
        },
        "__kernel void KERNEL(%s)",
        String.join(", ", parameters));
  }

  private void lanes() {
    boolean groups = foldsColumns() || foldsAreas();
    text.line("int first = get_global_id(1) * rowStep;");
    text.line("int end = min(%s, first + rowStep);", groups ? "rows / group" : "rows");
    text.line("int from = get_global_id(0) * columnStep;");
    text.line("int to = min(columns, from + columnStep);");
    if (foldsColumns()) {
      text.block(this::strips, "for (int g = first; g < end; g++)");
    } else if (foldsAreas()) {
      text.block(this::area, "for (int g = first; g < end; g++)");
    } else {
      text.block(this::row, "for (int row = first; row < end; row++)");
    }
  }

  private void threads() {
    text.line("int lid = get_local_id(0);");
    if (schedule.loop().foldsRows()) {
      text.line("__local %s scratch[%d];", scratchType(), groupSize);
      text.line("int from = lid, to = columns;");
      if (foldsAreas()) {
        text.line("int g = get_group_id(1);");
        area();
      } else {
        text.line("int row = get_group_id(1);");
        row();
      }
      return;
    }
    text.line("int from = get_global_id(0), to = columns;");
    text.line("if (from >= to || get_global_id(1) >= rows / group) return;");
    if (foldsColumns()) {
      text.line("int g = get_global_id(1);");
      strips();
    } else {
      text.line("int row = get_global_id(1);");
      row();
    }
  }

  private String scratchType() {
    return single.scalar().equals("double") ? "double" : "wide";
  }

  // ---------------------------------------------------------------- rows

  private void locate(int place, String row) {
    String constant = place < schedule.loop().operands().size() ? "const " : "";
    String start =
        tables[place] ? "t%d[%s]".formatted(place, row) : "%s * s%d".formatted(row, place);
    text.line(
        "__global %s%s *q%d = p%d + o%d + %s;",
        constant, Types.of(schedule.type(place)), place, place, place, start);
  }

  private void locateRow() {
    for (int i = 0; i < schedule.places(); i++) {
      int result = i - schedule.loop().operands().size();
      if (result < 0 || schedule.loop().results().get(result) instanceof Loop.Store) {
        locate(i, "row");
      }
    }
  }

  private void row() {
    rowValues.clear();
    locateRow();
    for (Schedule.Stage stage : schedule.stages()) {
      rowNodes(stage);
      if (stage.hasColumns()) {
        stage.reductions().forEach(this::open);
        columns(stage);
        stage.reductions().forEach(node -> close(node, "n" + node.id()));
      }
    }
  }

  private void rowNodes(Schedule.Stage stage) {
    for (Node node : stage.rows()) {
      String value =
          switch (node.operation()) {
            case LOAD -> "*q" + node.number();
            case LOAD_TRUTH -> "*q%d != 0".formatted(node.number());
            default -> single.of(node, this::inRow);
          };
      text.line("%s n%d = %s;", single.type(node.kind()), node.id(), value);
      rowValues.put(node, "n" + node.id());
    }
    for (Schedule.Output store : stage.stores()) {
      if (!store.wide()) {
        String value = inRow(store.node());
        text.line("if (from == 0) *q%d = %s;", store.place(), value); // one of the items
      }
    }
  }

  private String inRow(Node node) {
    return node.isConstant() ? single.constant(node) : rowValue(node);
  }

  private String rowValue(Node node) {
    return Objects.requireNonNull(rowValues.get(node));
  }

  // ---------------------------------------------------------------- columns

  /// The loop over the columns of a stage, and what is left at its end.
  private void columns(Schedule.Stage stage) {
    if (!isLanes()) {
      boolean strided = schedule.loop().foldsRows();
      String loop = strided ? "for (int c = from; c < to; c += %d)".formatted(groupSize) : "";
      text.block(
          () -> {
            if (!strided) {
              text.line("int c = from;");
            }
            step(stage, false);
          },
          "%s",
          loop);
      return;
    }
    text.block(
        () -> {
          text.line("int c = from;");
          text.block(
              () -> step(stage, false), "for (; c + %d <= to; c += %d)", Loop.LANES, Loop.LANES);
          text.block(
              () -> {
                text.line("int rest = to - c;");
                step(stage, true);
              },
              "if (c < to)");
        },
        "");
  }

  private void step(Schedule.Stage stage, boolean part) {
    Map<Node, String> values = elements(stage, part);
    for (Node node : stage.reductions()) {
      accumulate(node, values, part);
    }
    for (Schedule.Output area : stage.areas()) {
      accumulate(area.node(), values, part);
    }
    stores(stage, values, part);
  }

  private Map<Node, String> elements(Schedule.Stage stage, boolean part) {
    Map<Node, String> values = new HashMap<>();
    for (Schedule.Element element : stage.elements()) {
      Node node = element.node();
      String value =
          element.from() == Schedule.Source.STORED
              ? load(element.at(), node.kind(), part)
              : node.operation().isLoad()
                  ? load((int) node.number(), node.kind(), part)
                  : wide.of(node, in -> value(in, values));
      text.line("%s v%d = %s;", wide.type(node.kind()), node.id(), value);
      values.put(node, "v" + node.id());
    }
    return values;
  }

  private String value(Node node, Map<Node, String> values) {
    if (node.isConstant()) {
      return wide.constant(node);
    }
    return node.isPerRow()
        ? wide.spread(node.kind(), rowValue(node))
        : Objects.requireNonNull(values.get(node));
  }

  private void stores(Schedule.Stage stage, Map<Node, String> values, boolean part) {
    for (Schedule.Output store : stage.stores()) {
      if (store.wide()) {
        String value = value(store.node(), values);
        store(store.place(), store.node().kind(), value, part);
      }
    }
  }

  private String load(int place, Node.Kind kind, boolean part) {
    String element = Types.of(schedule.type(place));
    if (!isLanes()) {
      return kind == Node.Kind.TRUTH ? "q%d[c] != 0".formatted(place) : "q%d[c]".formatted(place);
    }
    String loaded =
        part
            ? "part_of_%s(q%d + c, rest)".formatted(element, place)
            : "vload16(0, q%d + c)".formatted(place);
    return kind == Node.Kind.TRUTH
        ? "convert_%s(%s) != (%s)(0)".formatted(wide.truth(), loaded, wide.truth())
        : loaded;
  }

  private void store(int place, Node.Kind kind, String value, boolean part) {
    String element = Types.of(schedule.type(place));
    if (!isLanes()) {
      text.line("q%d[c] = %s;", place, value);
      return;
    }
    String plain = kind == Node.Kind.TRUTH ? "convert_uchar16(-(%s))".formatted(value) : value;
    if (part) {
      text.line("put_part_of_%s(%s, q%d + c, rest);", element, plain, place);
    } else {
      text.line("vstore16(%s, 0, q%d + c);", plain, place);
    }
  }

  // ---------------------------------------------------------------- reductions

  /// The type in which something is added up or compared.
  private String accumulated(Node node) {
    boolean widened = node.operation() == Node.Operation.SUM && single.scalar().equals("float");
    String type = widened ? "wide" : single.scalar();
    return isLanes() ? type + Loop.LANES : type;
  }

  private void open(Node node) {
    String least = "-INFINITY";
    String start = node.operation() == Node.Operation.LARGEST ? least : "0";
    text.line("%s a%d = %s;", accumulated(node), node.id(), start);
  }

  private void accumulate(Node node, Map<Node, String> values, boolean part) {
    String total = "a" + node.id();
    String type = accumulated(node);
    String first = value(node.arguments().getFirst(), values);
    String next =
        switch (node.operation()) {
          case SUM ->
              type.startsWith("wide")
                  ? "%s + convert_%s(%s)".formatted(total, type, first)
                  : "%s + %s".formatted(total, first);
          case LARGEST -> "maximum_%s(%s, %s)".formatted(type, total, first);
          default ->
              "fma(%s, %s, %s)".formatted(first, value(node.arguments().get(1), values), total);
        };
    String lanes = "lanes_" + type.replace("16", "");
    text.line(
        "%s = %s;", total, part ? "select(%s, %s, %s(rest))".formatted(total, next, lanes) : next);
  }

  /// Brings what was accumulated together, as a per-row value.
  private void close(Node node, String name) {
    String scalar = single.scalar();
    String kind = node.operation() == Node.Operation.LARGEST ? "maximum" : "sum";
    String type = accumulated(node).replace("16", "");
    if (isLanes()) {
      text.line("%s %s = (%s)%s_of_%s(a%d);", scalar, name, scalar, kind, type, node.id());
    } else {
      text.line("scratch[lid] = a%d;", node.id());
      text.line("barrier(CLK_LOCAL_MEM_FENCE);");
      String joined =
          kind.equals("sum")
              ? "scratch[lid] + scratch[lid + half_]"
              : "maximum_%s(scratch[lid], scratch[lid + half_])".formatted(scratchType());
      text.block(
          () -> {
            text.line("if (lid < half_) scratch[lid] = %s;", joined);
            text.line("barrier(CLK_LOCAL_MEM_FENCE);");
          },
          "for (int half_ = %d; half_ > 0; half_ /= 2)",
          groupSize / 2);
      text.line("%s %s = (%s)scratch[0];", scalar, name, scalar);
      text.line("barrier(CLK_LOCAL_MEM_FENCE);");
    }
    rowValues.put(node, name);
  }

  // ---------------------------------------------------------------- groups of rows

  /// Rows of a group with all their columns, reduced as one row.
  private void area() {
    List<Node> areas = schedule.areas().stream().map(Schedule.Output::node).distinct().toList();
    areas.forEach(this::open);
    text.block(this::row, "for (int row = g * group; row < (g + 1) * group; row++)");
    areas.forEach(node -> close(node, "n" + node.id()));
    for (Schedule.Output area : schedule.areas()) {
      locate(area.place(), "g");
      String guard = isLanes() ? "" : "if (lid == 0) ";
      text.line("%s*q%d = n%d;", guard, area.place(), area.node().id());
    }
  }

  /// Rows of a group, reduced column by column.
  private void strips() {
    if (!isLanes()) {
      text.line("int c = from;");
      strip(false);
      return;
    }
    text.line("int c = from;");
    text.block(() -> strip(false), "for (; c + %d <= to; c += %d)", Loop.LANES, Loop.LANES);
    text.block(
        () -> {
          text.line("int rest = to - c;");
          strip(true);
        },
        "if (c < to)");
  }

  private void strip(boolean part) {
    Schedule.Stage stage = schedule.stages().getFirst();
    for (Schedule.Output fold : stage.folds()) {
      text.line("%s f%d = %s;", folded(fold), fold.place(), fold.isSum() ? "0" : "-INFINITY");
    }
    text.block(
        () -> {
          rowValues.clear();
          locateRow();
          rowNodes(stage);
          Map<Node, String> values = elements(stage, part);
          for (Schedule.Output fold : stage.folds()) {
            String value = value(fold.node(), values);
            String type = folded(fold);
            String next =
                !fold.isSum()
                    ? "maximum_%s(f%d, %s)".formatted(type, fold.place(), value)
                    : type.startsWith("wide")
                        ? "f%d + convert_%s(%s)".formatted(fold.place(), type, value)
                        : "f%d + %s".formatted(fold.place(), value);
            text.line("f%d = %s;", fold.place(), next);
          }
          stores(stage, values, part);
        },
        "for (int row = g * group; row < (g + 1) * group; row++)");
    for (Schedule.Output fold : stage.folds()) {
      locate(fold.place(), "g");
      String value =
          folded(fold).startsWith("wide")
              ? "convert_%s(f%d)".formatted(wide.number(), fold.place())
              : "f" + fold.place();
      store(fold.place(), Node.Kind.NUMBER, value, part);
    }
  }

  private String folded(Schedule.Output fold) {
    boolean widened = fold.isSum() && single.scalar().equals("float");
    String type = widened ? "wide" : single.scalar();
    return isLanes() ? type + Loop.LANES : type;
  }
}
