package nestor.autodiff;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Writes a function down as a [Graph] instead of running it.
///
/// Only types flow: no element is computed. A tensor from outside that the function captures
/// becomes one more operand of the graph, so that its gradient is not lost.
final class Recorder implements Level {
  /// The recorder whose function runs, the innermost one.
  private static final ScopedValue<Recorder> RUNNING = ScopedValue.newInstance();

  private final long age = Dispatch.nextAge();
  private final String label;
  private final boolean takesAll;
  private final List<Graph.Step> steps = new ArrayList<>();
  private final IdentityHashMap<Tensor, Integer> captured = new IdentityHashMap<>();
  private final List<Graph.Capture> captures = new ArrayList<>();
  private final IdentityHashMap<Recomputation, Integer> regions = new IdentityHashMap<>();
  private boolean keepsLines;
  private int ids;
  private boolean open = true;

  private Recorder(String label, boolean takesAll) {
    this.label = label;
    this.takesAll = takesAll;
  }

  @Override
  public long age() {
    return age;
  }

  @Override
  public boolean open() {
    return open;
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public Tensor apply(Op op, Tensor[] in) {
    TensorType type = op.result(Dispatch.types(in));
    int[] operands = ids(in);
    Symbol out = new Symbol(this, ids++, type);
    Optional<String> line = keepsLines ? Optional.of(CallerLine.find()) : Optional.empty();
    steps.add(new Graph.OpStep(op, operands, out.id(), line, region()));
    return out;
  }

  @Override
  public Tensor[] call(Call call, Tensor[] in) {
    TensorType[] types = call.results(Dispatch.types(in));
    List<Tensor> all = new ArrayList<>(List.of(in));
    Call closed = call instanceof CustomVjp custom ? custom.closed(all) : call;
    int[] operands = ids(all.toArray(Tensor[]::new));
    Tensor[] out = new Tensor[types.length];
    int first = ids;
    for (int i = 0; i < out.length; i++) {
      out[i] = new Symbol(this, ids++, types[i]);
    }
    steps.add(new Graph.CallStep(closed, operands, first, out.length, region()));
    return out;
  }

  /// The number of the recomputation that is recorded, 0 outside of all.
  private int region() {
    return Recomputation.RUNNING.isBound()
        ? regions.computeIfAbsent(Recomputation.RUNNING.get(), again -> regions.size() + 1)
        : 0;
  }

  /// Whether the steps are run where checks want to name the caller's line.
  boolean keepsLines() {
    return keepsLines;
  }

  private int[] ids(Tensor[] in) {
    int[] result = new int[in.length];
    for (int i = 0; i < in.length; i++) {
      result[i] = idOf(in[i]);
    }
    return result;
  }

  private int idOf(Tensor tensor) {
    if (tensor instanceof Symbol symbol && symbol.recorder() == this) {
      return symbol.id();
    }
    return captured.computeIfAbsent(
        tensor,
        outside -> {
          captures.add(new Graph.Capture(ids, outside));
          keepsLines |= Dispatch.isChecked(outside);
          return ids++;
        });
  }

  /// Traces a function of these operands. Where the function captures one of them besides, that is
  /// the same operand of the graph.
  static Graph trace(String label, UnaryOperator<Tensor[]> f, Tensor[] operands) {
    return new Recorder(label, false).traceAt(f, operands);
  }

  /// The same for one of several functions of which a single one will run: what captured tensors
  /// alone enter is recorded too, which otherwise is done at once.
  static Graph traceBranch(String label, UnaryOperator<Tensor[]> f, Tensor[] operands) {
    return new Recorder(label, true).traceAt(f, operands);
  }

  /// Traces a function of operands of which only the types are known.
  static Graph trace(String label, UnaryOperator<Tensor[]> f, TensorType[] types) {
    return new Recorder(label, false).trace(f, types);
  }

  /// Traces a function of operands of these types, which come from where the tensors `beside` are.
  static Graph trace(String label, UnaryOperator<Tensor[]> f, TensorType[] types, Tensor[] beside) {
    Recorder recorder = new Recorder(label, false);
    for (Tensor tensor : beside) {
      recorder.keepsLines |= Dispatch.isChecked(tensor);
    }
    return recorder.trace(f, types);
  }

  private Graph traceAt(UnaryOperator<Tensor[]> f, Tensor[] operands) {
    for (int i = 0; i < operands.length; i++) {
      captured.put(operands[i], i);
      keepsLines |= Dispatch.isChecked(operands[i]);
    }
    return trace(f, Dispatch.types(operands));
  }

  /// The recorder that takes operators on whatever was there before it, if one does.
  static @Nullable Recorder takingAll() {
    return RUNNING.isBound() && RUNNING.get().takesAll ? RUNNING.get() : null;
  }

  private Graph trace(UnaryOperator<Tensor[]> f, TensorType[] types) {
    return ScopedValue.where(RUNNING, this).call(() -> record(f, types));
  }

  private Graph record(UnaryOperator<Tensor[]> f, TensorType[] types) {
    try {
      Tensor[] in = new Tensor[types.length];
      for (int i = 0; i < types.length; i++) {
        in[i] = new Symbol(this, ids++, types[i]);
      }
      Tensor[] out = f.apply(in);
      int[] outputs = ids(out);
      return new Graph(
          types.clone(),
          List.copyOf(captures),
          List.copyOf(steps),
          outputs,
          Dispatch.types(out),
          ids);
    } finally {
      open = false;
    }
  }
}
