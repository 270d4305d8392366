package nestor.autodiff.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import nestor.autodiff.DType;
import nestor.autodiff.Op;
import org.jspecify.annotations.Nullable;

/// Puts nodes together into kernels, each with the producers of what it reads where the two share a
/// space of rows and columns and nothing between them would have to run in the middle.
final class Fusion {
  /// Columns up to which a row is read more than once in one kernel.
  private static final int CACHED_COLUMNS = 8192;

  private static final int MOST_INPUTS = 32;
  private static final int ACCESS = 2; // see Loops#size

  private final Lowered program;
  private final Loops loops;
  private final @Nullable Node[] producers;
  private final @Nullable Group[] groups;

  /// The groups so far in an order in which they could run, and the place of each by its last
  /// value.
  private final @Nullable Group[] order;

  private final int[] places;
  private int placed;

  private Fusion(Lowered program, Loops loops) {
    this.program = program;
    this.loops = loops;
    this.producers = new @Nullable Node[program.types().size()];
    this.groups = new @Nullable Group[program.types().size()];
    this.order = new @Nullable Group[program.nodes().size()];
    this.places = new int[program.types().size()];
  }

  /// The kernels in an order in which they can run.
  static List<Group> fuse(Lowered program, Loops loops) {
    return new Fusion(program, loops).fuse();
  }

  private List<Group> fuse() {
    for (Node node : program.nodes()) {
      Group own = Group.of(node, program);
      node.results()
          .forEach(id -> {
            producers[id] = node;
            groups[id] = own;
          });
      put(placed++, own);
      if (node.isLoop()) {
        for (Ref input : node.inputs()) {
          mergeWithProducer(node, input);
        }
      }
    }
    return ordered();
  }

  private void put(int place, Group group) {
    order[place] = group;
    places[group.last()] = place;
  }

  private int place(Group group) {
    return places[group.last()];
  }

  private Group groupOf(int value) {
    return Objects.requireNonNull(groups[value]);
  }

  private void mergeWithProducer(Node node, Ref input) {
    Node producer = producers[input.value()];
    if (producer == null || !producer.isLoop()) {
      return;
    }
    Group above = groupOf(producer.out());
    Group below = groupOf(node.out());
    if (above.last() == below.last()) {
      return;
    }
    if (!merge(above, below)) {
      below.asAreaOf(above).ifPresent(area -> merge(above, area));
    }
  }

  private boolean merge(Group above, Group below) {
    Optional<Group> merged = Group.common(above, below);
    if (merged.isEmpty() || !fits(merged.get())) {
      return false;
    }
    BitSet between = new BitSet();
    if (leadsAround(above, below, between)) {
      return false;
    }
    moveTogether(merged.get(), place(above), place(below), between);
    for (Node member : merged.get().nodes()) {
      groups[member.out()] = merged.get();
      producers[member.out()] = member;
    }
    return true;
  }

  /// Puts a group into the order in the place of the two that it is made of, after those groups
  /// between them that the second one depends on and before the others.
  private void moveTogether(Group merged, int above, int below, BitSet before) {
    List<Group> after = new ArrayList<>();
    int next = above;
    for (int i = above + 1; i < below; i++) {
      Group group = order[i];
      if (group != null && before.get(i)) {
        put(next++, group);
      } else if (group != null) {
        after.add(group);
      }
    }
    put(next++, merged);
    for (Group group : after) {
      put(next++, group);
    }
    Arrays.fill(order, next, below + 1, null);
  }

  /// Whether every value that is read in the group where it is computed is read where it is
  /// computed.
  private boolean fits(Group group) {
    List<Node> nodes = group.nodes();
    BitSet inside = new BitSet();
    BitSet folded = new BitSet(); // follows from a row's reduction
    BitSet outside = new BitSet();
    for (Node node : nodes) {
      boolean perRow = group.isPerRow(node, program);
      boolean isFold = node.foldsRows();
      for (Ref input : node.inputs()) {
        if (!inside.get(input.value())) {
          outside.set(input.value());
          continue;
        }
        Node source = Objects.requireNonNull(producers[input.value()]);
        if (!isAligned(group, input.view(), group.isPerRow(source, program), perRow && !isFold)
            || source.foldsGroups()) {
          return false;
        }
        if (folded.get(input.value())) {
          folded.set(node.out());
          if (!perRow && group.width() > CACHED_COLUMNS) {
            return false;
          }
        }
      }
      inside.set(node.out());
      if (isFold) {
        folded.set(node.out());
      }
    }
    return outside.cardinality() <= MOST_INPUTS && size(group, outside) <= loops.largest();
  }

  /// What a loop would take up, with a write for every fourth value.
  private int size(Group group, BitSet outside) {
    int size = ACCESS * outside.cardinality() + ACCESS * group.nodes().size() / 4;
    DType dtype = group.dtype().orElse(DType.FLOAT32);
    for (Node node : group.nodes()) {
      size += node.work() instanceof Node.Point(Op op) ? loops.size(dtype, op) : ACCESS;
    }
    return size;
  }

  private static boolean isAligned(Group group, View view, boolean fromRow, boolean toRow) {
    if (fromRow == toRow) {
      return view.isWhole();
    }
    if (toRow) {
      return false;
    }
    int columns = group.width();
    return view.run() % columns == 0
        && view.columnStride(columns) == 0
        && view.rows(columns).isWhole();
  }

  /// Whether a path from one group to another leads through a third.
  ///
  /// @param between receives the places of those after `above` that `below` depends on
  private boolean leadsAround(Group above, Group below, BitSet between) {
    List<Group> open = new ArrayList<>();
    addSources(below, above, false, between, open);
    while (!open.isEmpty()) {
      if (addSources(open.removeLast(), above, true, between, open)) {
        return true;
      }
    }
    return false;
  }

  /// Adds the groups after `above` that a group reads from.
  ///
  /// @return whether it reads from `above`, and that is `asked`
  private boolean addSources(
      Group group, Group above, boolean asked, BitSet between, List<Group> open) {
    int first = place(above);
    for (Node node : group.nodes()) {
      for (Ref input : node.inputs()) {
        Group source = groups[input.value()];
        if (source == null || source.last() == group.last()) {
          continue;
        }
        int at = place(source);
        if (at == first && asked) {
          return true;
        }
        if (at > first && !between.get(at)) {
          between.set(at);
          open.add(source);
        }
      }
    }
    return false;
  }

  /// In an order in which every kernel comes after those it reads from, else as the nodes came.
  private List<Group> ordered() {
    int count = program.types().size();
    int[] missing = new int[count];
    List<List<Group>> readers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      readers.add(new ArrayList<>());
    }
    PriorityQueue<Group> ready = new PriorityQueue<>(Comparator.comparingInt(Group::last));
    int kernels = 0;
    for (Node last : program.nodes()) {
      Group group = groupOf(last.out());
      if (group.last() != last.out()) {
        continue;
      }
      kernels++;
      BitSet sources = new BitSet();
      for (Node node : group.nodes()) {
        for (Ref input : node.inputs()) {
          Group source = groups[input.value()];
          if (source != null && source.last() != group.last()) {
            sources.set(source.last());
          }
        }
      }
      missing[group.last()] = sources.cardinality();
      sources.stream().forEach(source -> readers.get(source).add(group));
      if (sources.isEmpty()) {
        ready.add(group);
      }
    }
    List<Group> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      Group group = ready.poll();
      order.add(group);
      for (Group reader : readers.get(group.last())) {
        if (--missing[reader.last()] == 0) {
          ready.add(reader);
        }
      }
    }
    if (order.size() != kernels) {
      throw new IllegalStateException("kernels depend on one another in a circle");
    }
    return List.copyOf(order);
  }
}
