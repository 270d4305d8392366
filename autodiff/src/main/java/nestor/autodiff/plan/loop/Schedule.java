package nestor.autodiff.plan.loop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import nestor.autodiff.DType;
import nestor.autodiff.Reduce;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.Loop.Extent;
import nestor.autodiff.plan.loop.Node.Kind;

/// When what is computed. A row is computed in stages: what is per row and known by then, then one
/// loop over its columns, at whose end the reductions of the stage are known.
///
/// @param dtype the loop's floating type
/// @param loop the loop
/// @param stages the stages in order
/// @param keptRows how many rows of numbers are kept from one stage for later ones
public record Schedule(DType dtype, Loop loop, List<Stage> stages, int keptRows) {
  /// Weight from which a value is kept for later stages rather than computed again.
  private static final int KEEP = 8;

  /// One stage of a row.
  ///
  /// @param rows per-row values that become known, arguments first
  /// @param elements the elements that the loop over columns needs, arguments first
  /// @param reductions what is reduced along the row
  /// @param stores what is written, each once known
  /// @param folds what is reduced over rows, column by column
  /// @param areas what is reduced over rows and columns, each the node of a reduction
  public record Stage(
      List<Node> rows,
      List<Element> elements,
      List<Node> reductions,
      List<Output> stores,
      List<Output> folds,
      List<Output> areas) {
    /// Whether there is anything to do per element.
    public boolean hasColumns() {
      return !reductions.isEmpty()
          || !folds.isEmpty()
          || !areas.isEmpty()
          || stores.stream().anyMatch(Output::wide);
    }

    /// Whether rows are summed.
    public boolean sums() {
      return reductions.stream().anyMatch(r -> r.operation() == Node.Operation.SUM);
    }
  }

  /// A per-element value in one stage.
  ///
  /// @param node the value
  /// @param from where it comes from
  /// @param at the number of a kept row or of the place of a result; -1 if computed and not kept
  public record Element(Node node, Source from, int at) {}

  /// Where the value of an element comes from.
  public enum Source {
    /// Computed, and written to a kept row unless that is -1.
    COMPUTED,
    /// Read from a kept row.
    KEPT,
    /// Read from a result that an earlier stage has written.
    STORED
  }

  /// A result.
  ///
  /// @param place its number among operands and results
  /// @param node what is written or folded
  /// @param result what is asked for
  public record Output(int place, Node node, Loop.Result result) {
    /// Whether columns are summed.
    public boolean isSum() {
      return result instanceof Loop.ColumnFold(Reduce.Kind kind, int value)
          && kind == Reduce.Kind.SUM;
    }

    /// Whether it is written per element.
    public boolean wide() {
      return result instanceof Loop.Store(int value, Extent extent) && extent == Extent.ELEMENT;
    }
  }

  /// The schedule of a loop that keeps what is heavy from one stage for the next.
  public static Schedule of(Loop loop) {
    return new Planning(loop, KEEP).schedule();
  }

  /// The schedule of a loop that keeps nothing: what a later stage needs is computed again.
  public static Schedule keepingNothing(Loop loop) {
    return new Planning(loop, Integer.MAX_VALUE).schedule();
  }

  /// Element type of a place, operands first.
  public DType type(int place) {
    int operands = loop.operands().size();
    if (place < operands) {
      return loop.operands().get(place).dtype();
    }
    for (Stage stage : stages) {
      for (Output store : stage.stores) {
        if (store.place == place && store.node.kind() == Kind.TRUTH) {
          return DType.BOOL;
        }
      }
    }
    return dtype;
  }

  /// The reductions over rows and columns.
  public List<Output> areas() {
    return stages.stream().flatMap(stage -> stage.areas.stream()).toList();
  }

  /// The most reductions of a kind in one stage.
  public int count(Node.Operation operation) {
    return stages.stream()
        .mapToInt(s -> (int) s.reductions.stream().filter(r -> r.operation() == operation).count())
        .max()
        .orElse(0);
  }

  /// The number of operands and results.
  public int places() {
    return loop.operands().size() + loop.results().size();
  }

  private static final class Planning {
    private final Loop loop;
    private final List<Node> values;
    private final TreeSet<Node> needed = new TreeSet<>((a, b) -> a.id() - b.id());
    private final List<Output> outputs = new ArrayList<>();
    private final int[] computed; // stage by id, -1 if not yet
    private final int[] stored; // place by id, -1 if none
    private final int[] kept; // row by id, -1 if none
    private final int keep; // weight from which a value is kept
    private int keptRows;

    Planning(Loop loop, int keep) {
      this.loop = loop;
      this.keep = keep;
      values = LoopGraph.of(loop);
      int areas = loop.instructions().size();
      for (int i = 0; i < loop.results().size(); i++) {
        Loop.Result result = loop.results().get(i);
        int value = result instanceof Loop.AreaFold ? areas++ : result.value();
        outputs.add(new Output(loop.operands().size() + i, values.get(value), result));
        need(values.get(result.value()));
      }
      int size = needed.isEmpty() ? 0 : needed.last().id() + 1;
      computed = filled(size);
      stored = filled(size);
      kept = filled(size);
    }

    private static int[] filled(int size) {
      int[] array = new int[size];
      Arrays.fill(array, -1);
      return array;
    }

    private void need(Node node) {
      if (needed.add(node)) {
        node.arguments().forEach(this::need);
      }
    }

    Schedule schedule() {
      int last = needed.stream().mapToInt(Node::stage).max().orElse(0);
      List<Stage> stages = new ArrayList<>();
      for (int stage = 0; stage <= last; stage++) {
        stages.add(stage(stage));
      }
      return new Schedule(
          loop.dtype(), loop, stages.stream().map(this::withKeptRows).toList(), keptRows);
    }

    private Stage stage(int stage) {
      List<Node> rows =
          needed.stream()
              .filter(n -> n.isPerRow() && !n.isConstant() && n.stage() == stage)
              .filter(n -> !n.operation().isReduction())
              .toList();
      List<Node> reductions =
          needed.stream()
              .filter(n -> n.operation().isReduction() && n.stage() == stage + 1)
              .toList();
      List<Output> here =
          outputs.stream().filter(o -> values.get(o.result.value()).stage() == stage).toList();
      List<Element> elements = new ArrayList<>();
      boolean[] done = new boolean[computed.length];
      reductions.forEach(r -> r.arguments().forEach(a -> visit(a, stage, elements, done)));
      here.stream()
          .filter(o -> o.wide() || !(o.result instanceof Loop.Store))
          .forEach(o -> visit(values.get(o.result.value()), stage, elements, done));
      List<Output> stores = here.stream().filter(o -> o.result instanceof Loop.Store).toList();
      for (Output store : stores) {
        if (store.wide()) {
          stored[store.node.id()] = store.place;
        }
      }
      return new Stage(
          rows,
          elements,
          reductions,
          stores,
          here.stream().filter(o -> o.result instanceof Loop.ColumnFold).toList(),
          here.stream().filter(o -> o.result instanceof Loop.AreaFold).toList());
    }

    private void visit(Node node, int stage, List<Element> elements, boolean[] done) {
      if (node.isPerRow() || done[node.id()]) {
        return;
      }
      done[node.id()] = true;
      int id = node.id();
      if (computed[id] < 0 || node.operation().isLoad()) {
        computed[id] = stage;
      } else if (stored[id] >= 0) {
        elements.add(new Element(node, Source.STORED, stored[id]));
        return;
      } else if (node.kind() == Kind.NUMBER && node.weight() >= keep) {
        if (kept[id] < 0) {
          kept[id] = keptRows++;
        }
        elements.add(new Element(node, Source.KEPT, kept[id]));
        return;
      }
      node.arguments().forEach(argument -> visit(argument, stage, elements, done));
      elements.add(new Element(node, Source.COMPUTED, -1));
    }

    /// Tells the computing stages what later ones have asked them to keep.
    private Stage withKeptRows(Stage stage) {
      return new Stage(
          stage.rows,
          stage.elements.stream()
              .map(e -> new Element(e.node, e.from, e.at < 0 ? kept[e.node.id()] : e.at))
              .toList(),
          stage.reductions,
          stage.stores,
          stage.folds,
          stage.areas);
    }
  }
}
