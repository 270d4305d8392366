package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A function with the plans that were made of it: one for each structure, types and backend of its
/// argument. Safe for any number of threads.
///
/// @param <T> the argument, a tree
/// @param <R> the result, a tree
final class PlanCache<T, R> {
  private final Function<? super T, ? extends R> f;
  private final Function<? super T, Integer> donatedLeaves;
  private final String label;
  private volatile List<Entry> entries = List.of();

  /// @param donatedLeaves how many of the argument's leaves, from the first on, are donated
  /// @param label what the function is called in messages
  PlanCache(
      Function<? super T, ? extends R> f,
      Function<? super T, Integer> donatedLeaves,
      String label) {
    this.f = f;
    this.donatedLeaves = donatedLeaves;
    this.label = label;
  }

  /// The function's value, by a plan unless a transformation is among the operands.
  R apply(T at) {
    List<Entry> known = entries;
    for (int i = 0; i < known.size(); i++) {
      Call call = known.get(i).take();
      if (known.get(i).accepts(at, call)) {
        return known.get(i).run(call);
      }
      known.get(i).giveBack(call);
    }
    Entry made = entry(at);
    if (made == null) {
      return f.apply(at);
    }
    Call call = made.take();
    made.accepts(at, call);
    return made.run(call);
  }

  /// The entry for an argument, made now unless another thread has made it meanwhile; null where
  /// there can be none.
  private synchronized @Nullable Entry entry(T at) {
    Entry known = known(at);
    return known == null ? newEntry(at) : known;
  }

  private @Nullable Entry known(T at) {
    for (Entry entry : entries) {
      Call call = entry.take();
      boolean accepted = entry.accepts(at, call);
      entry.giveBack(call);
      if (accepted) {
        return entry;
      }
    }
    return null;
  }

  /// The plan for an argument.
  Plan plan(T at) {
    Entry made = entry(at);
    if (made == null) {
      throw TensorException.at(
          "compile: there is no plan inside another transformation, where the function is part of what is transformed, nor on a backend that checks every operator");
    }
    return made.plan;
  }

  private @Nullable Entry newEntry(T at) {
    List<Tensor> leaves = Tree.leaves(at);
    if (leaves.stream().anyMatch(leaf -> !(leaf instanceof Value) || Dispatch.isChecked(leaf))
        || Backend.standard() instanceof FiniteCheck) {
      return null;
    }
    TreeFunction<T, R> structured = new TreeFunction<>(f, at);
    TensorType[] types = Dispatch.types(leaves.toArray(Tensor[]::new));
    Graph graph = Recorder.trace("compile", structured, types);
    if (graph.captures().stream().anyMatch(c -> Dispatch.levelOf(c.tensor()) != null)) {
      return null; // a gradient may flow into what was captured
    }
    Optional<Backend> place =
        Dispatch.naming(
            "compile",
            () -> {
              Optional<Backend> common = Optional.empty();
              for (Tensor leaf : leaves) {
                common = Value.common(common, ((Value) leaf).backend());
              }
              for (Graph.Capture capture : graph.captures()) {
                common = Value.common(common, ((Value) capture.tensor()).backend());
              }
              return Value.owner(common);
            });
    boolean[] donated = new boolean[types.length];
    Arrays.fill(donated, 0, donatedLeaves.apply(at), true);
    Backend backend = place.orElseGet(Backend::standard);
    Plan plan = backend.compile(Program.of(graph, donated, backend));
    requireRoom(backend, plan, types);
    Entry entry =
        new Entry(
            plan,
            TreeStructure.of(at),
            TreeStructure.of(structured.traced()),
            types,
            graph.types(),
            place,
            donated);
    List<Entry> all = new ArrayList<>(entries);
    all.add(entry);
    entries = List.copyOf(all);
    return entry;
  }

  /// A plan that cannot be held is an error before it runs.
  private static void requireRoom(Backend backend, Plan plan, TensorType[] held) {
    long needed = plan.peakBytes();
    for (TensorType type : held) {
      needed -= type.bytes();
    }
    if (needed > backend.room()) {
      System.gc(); // what is garbage makes room
      if (needed > backend.room()) {
        throw TensorException.at(
            "compile: the plan holds %,d MB at a time, but there are only %,d MB left%s; hold less: checkpoint, scan with Keep.SQRT, or take shorter segments or smaller batches"
                .formatted(
                    needed >> 20,
                    backend.room() >> 20,
                    backend.storesArrays()
                        ? " of the JVM's %,d, of which -Xmx gives it more"
                            .formatted(Runtime.getRuntime().maxMemory() >> 20)
                        : " on the device"));
      }
    }
  }

  /// The working memory of one call.
  private final class Call {
    private final Tensor[] leaves;
    private final Object[] operands;
    private final Object[] results;
    private final Value.Place[] places;
    private final TreeStructure.Builder builder = new TreeStructure.Builder(this::next);
    private int next;

    Call(Entry entry) {
      leaves = new Tensor[entry.operandTypes.length];
      operands = new Object[leaves.length];
      results = new Object[entry.resultPlaces.length];
      places = entry.resultPlaces;
    }

    private Tensor next() {
      Object stored = results[next];
      results[next] = null;
      return Value.exclusive(places[next++], stored);
    }
  }

  /// A plan and what it is for.
  private final class Entry {
    private final Plan plan;
    private final TreeStructure operandStructure;
    private final TreeStructure resultStructure;
    private final TensorType[] operandTypes;
    private final Value.Place[] resultPlaces;
    private final Optional<Backend> place;
    private final boolean[] donated;
    private final AtomicReference<@Nullable Call> spare = new AtomicReference<>();

    Entry(
        Plan plan,
        TreeStructure operandStructure,
        TreeStructure resultStructure,
        TensorType[] operandTypes,
        TensorType[] resultTypes,
        Optional<Backend> place,
        boolean[] donated) {
      this.plan = plan;
      this.operandStructure = operandStructure;
      this.resultStructure = resultStructure;
      this.operandTypes = operandTypes;
      this.resultPlaces =
          Arrays.stream(resultTypes)
              .map(type -> new Value.Place(type, place))
              .toArray(Value.Place[]::new);
      this.place = place;
      this.donated = donated;
    }

    Call take() {
      Call call = spare.getAndSet(null);
      return call == null ? new Call(this) : call;
    }

    void giveBack(Call call) {
      Arrays.fill(call.leaves, null);
      Arrays.fill(call.operands, null);
      call.next = 0;
      spare.set(call);
    }

    /// Whether the argument is of the kind that the plan is for; then its leaves are in the call.
    boolean accepts(T at, Call call) {
      if (operandStructure.leaves(at, call.leaves, 0) != operandTypes.length) {
        return false;
      }
      boolean placed = false;
      for (int i = 0; i < operandTypes.length; i++) {
        if (!(call.leaves[i] instanceof Value value) || !value.type().equals(operandTypes[i])) {
          return false;
        }
        if (value.backend().isPresent()) {
          if (!value.backend().equals(place)) {
            return false;
          }
          placed = true;
        }
      }
      return placed || place.equals(Value.owner(Optional.empty()));
    }

    R run(Call call) {
      Backend backend = place.isPresent() ? place.get() : Backend.standard();
      Value.Donated donation = new Value.Donated(label);
      for (int i = 0; i < operandTypes.length; i++) {
        call.operands[i] = operand((Value) call.leaves[i], i, call, donation, backend);
      }
      plan.run(call.operands, call.results);
      if (place.isEmpty()) {
        for (int i = 0; i < call.results.length; i++) {
          call.results[i] = backend.download(call.results[i]);
        }
      }
      R result = cast(Objects.requireNonNull(resultStructure.build(call.builder, 0)));
      giveBack(call);
      return result;
    }

    private Object operand(Value value, int i, Call call, Value.Donated donation, Backend backend) {
      if (value.takenBy(donation)) { // one tensor as two leaves
        int first = 0;
        while (call.leaves[first] != value) {
          first++;
        }
        return backend.copy(call.operands[first]);
      }
      Object stored = value.stored();
      boolean isHere = value.backend().isPresent();
      Object own = isHere ? stored : backend.upload(stored);
      boolean isFresh = !isHere && !backend.storesArrays();
      return !donated[i] || value.donate(donation) || isFresh ? own : backend.copy(own);
    }
  }

  // A rebuilt tree has the class of the original, which is there for its type only.
  @SuppressWarnings("unchecked")
  private R cast(Object tree) {
    return (R) tree;
  }
}
