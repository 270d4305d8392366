package nestor.autodiff.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.TensorType;

/// Gives every value of a program an array: one that no later kernel needs any more, where there is
/// one of that type and size, else a new one. An element-wise kernel may write over what it reads.
final class Buffers {
  private final Lowered program;
  private final boolean[] donated;
  private final List<Schedule.Array> arrays = new ArrayList<>();
  private final int[] slots;
  private final int[] lastUses;
  private final Map<Schedule.Array, Deque<Integer>> free = new HashMap<>();

  Buffers(Lowered program, boolean[] donated, List<Group> groups, boolean[][] written) {
    this.program = program;
    this.donated = donated;
    this.slots = new int[program.types().size()];
    Arrays.fill(slots, -1);
    this.lastUses = lastUses(groups);
    for (int i = 0; i < donated.length; i++) {
      slots[i] = add(i);
    }
    program.constants().keySet().forEach(id -> slots[id] = add(id));
    program.numbers().keySet().forEach(id -> slots[id] = add(id));
    for (int i = 0; i < donated.length; i++) {
      if (donated[i] && lastUses[i] < 0) {
        release(i);
      }
    }
    for (int i = 0; i < groups.size(); i++) {
      assign(groups.get(i), written[i], i);
    }
  }

  private int[] lastUses(List<Group> groups) {
    int[] last = new int[program.types().size()];
    Arrays.fill(last, -1);
    for (int i = 0; i < groups.size(); i++) {
      for (Node node : groups.get(i).nodes()) {
        for (Ref input : node.inputs()) {
          last[input.value()] = i;
        }
      }
    }
    for (int output : program.outputs()) {
      last[output] = Integer.MAX_VALUE;
    }
    return last;
  }

  private int add(int value) {
    arrays.add(array(value));
    return arrays.size() - 1;
  }

  private Schedule.Array array(int value) {
    TensorType type = program.types().get(value);
    return new Schedule.Array(type.dtype(), type.shape().size());
  }

  private boolean isReusable(int value) {
    boolean input = value < donated.length;
    return input
        ? donated[value]
        : !program.constants().containsKey(value) && !program.numbers().containsKey(value);
  }

  private void release(int value) {
    free.computeIfAbsent(array(value), key -> new ArrayDeque<>()).push(slots[value]);
  }

  private void assign(Group group, boolean[] written, int at) {
    List<Integer> dying = new ArrayList<>();
    for (Node node : group.nodes()) {
      for (Ref input : node.inputs()) {
        int value = input.value();
        if (lastUses[value] == at
            && slots[value] >= 0
            && isReusable(value)
            && !dying.contains(value)) {
          dying.add(value);
        }
      }
    }
    List<Integer> overwritable = overwritable(group, dying);
    for (int i = 0; i < written.length; i++) {
      if (!written[i]) {
        continue;
      }
      if (!group.nodes().get(i).more().isEmpty()) {
        group.nodes().get(i).results().forEach(id -> slots[id] = unusedOrNew(id));
        continue;
      }
      int value = group.nodes().get(i).out();
      Schedule.Array wanted = array(value);
      int over = -1;
      boolean whole = wanted.size() == group.size() && !group.nodes().get(i).foldsGroups();
      for (int candidate : overwritable) {
        if (over < 0 && whole && array(candidate).equals(wanted)) {
          over = candidate;
        }
      }
      if (over >= 0) {
        slots[value] = slots[over];
        overwritable.remove(Integer.valueOf(over));
        dying.remove(Integer.valueOf(over));
      } else {
        slots[value] = unusedOrNew(value);
      }
    }
    dying.forEach(this::release);
    for (Node node : group.nodes()) { // results that nobody reads
      node.more().stream().filter(id -> lastUses[id] < 0).forEach(this::release);
    }
  }

  private int unusedOrNew(int value) {
    Deque<Integer> unused = free.get(array(value));
    return unused == null || unused.isEmpty() ? add(value) : unused.pop();
  }

  /// The dying operands of which each element is read only where a result's element of the same
  /// position is written.
  private List<Integer> overwritable(Group group, List<Integer> dying) {
    if (!group.isLoop() || group.foldsRows() || group.fold() > 0) {
      return new ArrayList<>();
    }
    List<Integer> result = new ArrayList<>(dying);
    for (Node node : group.nodes()) {
      for (Ref input : node.inputs()) {
        if (input.view().size() != group.size()
            || !input.view().isWhole()
            || array(input.value()).size() != group.size()) {
          result.remove(Integer.valueOf(input.value()));
        }
      }
    }
    return result;
  }

  /// The slot of a value.
  int slot(int value) {
    return slots[value];
  }

  List<Schedule.Array> arrays() {
    return List.copyOf(arrays);
  }

  /// Where results are, and which donated operands replace their arrays.
  List<Schedule.Result> results() {
    boolean[] given = new boolean[donated.length];
    for (int output : program.outputs()) {
      if (slots[output] < donated.length) {
        given[slots[output]] = true;
      }
    }
    List<Schedule.Result> results = new ArrayList<>();
    for (int output : program.outputs()) {
      int instead = -1;
      for (int i = 0; i < donated.length && instead < 0 && slots[output] >= donated.length; i++) {
        if (donated[i] && !given[i] && array(i).equals(array(output))) {
          instead = i;
          given[i] = true;
        }
      }
      results.add(new Schedule.Result(slots[output], instead));
    }
    return List.copyOf(results);
  }

  /// The bytes of all arrays and of those that loops over time have for themselves.
  long bytes() {
    long bytes = arrays.stream().mapToLong(Schedule.Array::bytes).sum();
    for (Node node : program.nodes()) {
      if (node.work() instanceof Node.Repeat(Schedule body, var step, int[] stacked)) {
        bytes += body.ownBytes(step.carries());
      }
      if (node.work() instanceof Node.Choose(Schedule whenTrue, Schedule whenFalse)) {
        bytes += whenTrue.ownBytes(0) + whenFalse.ownBytes(0);
      }
    }
    return bytes;
  }
}
