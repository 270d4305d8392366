package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The backward pass of a [Scan], which is a scan in the opposite direction (backpropagation through
/// time; Werbos, "Backpropagation through time: what it does and how to do it", 1990).
///
/// With (hₜ₊₁, yₜ) = f(hₜ, xₜ, c), cotangents λ of the carry, ȳ of the outputs, and all derivatives
/// at (hₜ, xₜ, c), each step does
///
///     λₜ = (∂hₜ₊₁/∂h)ᵀ λₜ₊₁ + (∂yₜ/∂h)ᵀ ȳₜ
///     x̄ₜ = (∂hₜ₊₁/∂x)ᵀ λₜ₊₁ + (∂yₜ/∂x)ᵀ ȳₜ
///     c̄ ← c̄ + (∂hₜ₊₁/∂c)ᵀ λₜ₊₁ + (∂yₜ/∂c)ᵀ ȳₜ
///
/// Its carry is (λ, c̄), its outputs are x̄; of the forward pass it has only the carries hₜ and
/// computes the rest of a step again. It adds what belongs to c in the order in which a tape around
/// an unrolled loop would have.
///
/// @param scan the scan
/// @param operands the scan's operands, or at least those that its body captured, c
/// @param in the types of the scan's operands
/// @param wanted which of the body's operands get a cotangent
/// @param given which results of the scan have one
record ScanPullback(Scan scan, Tensor[] operands, TensorType[] in, BitSet wanted, BitSet given) {

  static ScanPullback of(Scan scan, Call.Operands of, @Nullable Tensor[] cotangents) {
    BitSet given = new BitSet();
    for (int i = 0; i < cotangents.length; i++) {
      given.set(i, cotangents[i] != null);
    }
    TensorType[] in = Dispatch.types(of.tensors());
    return new ScanPullback(scan, of.tensors(), in, wanted(scan, in, of.wanted()), given);
  }

  /// A carry's cotangent leads to those of everything that the carry was made of.
  private static BitSet wanted(Scan scan, TensorType[] in, boolean[] wanted) {
    BitSet result = new BitSet();
    for (int i = 0; i < in.length; i++) {
      boolean carried = i < scan.carries() && scan.typeInBody(i, in).dtype().isFloat();
      result.set(i, carried || wanted[scan.place(i)]);
    }
    return result;
  }

  /// The carries that a backward pass reads as they enter the steps, whatever cotangents arrive.
  static BitSet carriesRead(Scan scan, TensorType[] in, boolean[] wanted) {
    TensorType[] results = scan.body().types();
    BitSet given = new BitSet();
    for (int i = 0; i < results.length; i++) {
      given.set(i, results[i].dtype().isFloat());
    }
    BitSet read = new BitSet();
    Recorder.trace( // of which nothing is run, not even what captured tensors alone enter
        "scan",
        captured -> {
          ScanPullback all = new ScanPullback(scan, captured, in, wanted(scan, in, wanted), given);
          for (int i : all.step(given.get(0, scan.carries())).reads()) {
            read.set(i, i < scan.carries());
          }
          return captured;
        },
        Arrays.copyOf(in, scan.body().captures().size()));
    return read;
  }

  /// One step backward.
  ///
  /// @param graph its operands are λ of the live carries and the sums c̄, then what it reads of the
  ///   step forward
  /// @param reads what it reads: the body's inputs, and behind those the given ȳ, by number
  /// @param reached which of the body's operands get a cotangent
  private record Step(Graph graph, int[] reads, BitSet reached) {}

  /// The step backward where λ arrives at the carries in `live` only.
  private Step step(BitSet live) {
    List<TensorType> types = new ArrayList<>();
    live.stream().forEach(i -> types.add(typeOf(i)));
    sums().forEach(i -> types.add(typeOf(i)));
    int carried = types.size();
    for (int i = 0; i < scan.body().inputs(); i++) {
      types.add(typeOf(i));
    }
    outputs().forEach(i -> types.add(scan.body().types()[i]));
    BitSet reached = new BitSet();
    Graph whole =
        Recorder.trace(
            "scan",
            symbols -> pull(live, symbols, reached),
            types.toArray(TensorType[]::new),
            operands);
    BitSet carry = new BitSet();
    carry.set(0, carried);
    Pruned pruned = Pruned.of(whole, carry);
    int[] reads = pruned.inputs().stream().skip(carried).map(i -> i - carried).toArray();
    return new Step(pruned.graph(), reads, reached);
  }

  private Tensor[] pull(BitSet live, Tensor[] symbols, BitSet reached) {
    Graph body = scan.body();
    Iterator<Tensor> next = List.of(symbols).iterator();
    @Nullable Tensor[] cotangents = new @Nullable Tensor[body.outputs().length];
    @Nullable Tensor[] seeds = new @Nullable Tensor[in.length];
    live.stream().forEach(i -> cotangents[i] = next.next());
    sums().forEach(i -> seeds[i] = next.next());
    Tape tape = new Tape("scan");
    Tensor[] leaves = new Tensor[in.length];
    for (int i = 0; i < leaves.length; i++) {
      Tensor operand = i < body.inputs() ? next.next() : operands[scan.place(i)];
      Traced leaf = tape.leaf(operand);
      leaves[i] = wanted.get(i) ? leaf : operand;
    }
    outputs().forEach(i -> cotangents[i] = next.next());
    Tensor[] again = body.run(leaves);
    tape.close();
    @Nullable Tensor[] pulled = tape.pull(again, cotangents, seeds);
    wanted.stream().forEach(i -> reached.set(i, pulled[i] != seeds[i]));
    return IntStream.concat(IntStream.concat(live.stream(), sums()), wantedInputs())
        .mapToObj(i -> pulled[i] == null ? nothing(typeOf(i)) : pulled[i])
        .toArray(Tensor[]::new);
  }

  /// Adds the cotangents of the scan's operands onto `soFar`, see [Call#vjp].
  @Nullable Tensor[] pull(Tensor[] out, @Nullable Tensor[] cotangents, @Nullable Tensor[] soFar) {
    @Nullable Tensor[] totals = soFar.clone();
    Map<BitSet, Step> steps = new HashMap<>();
    BitSet arrives = given.get(0, scan.carries());
    BitSet live = given.get(0, scan.carries());
    BitSet reached = new BitSet();
    for (int i = 0; i < scan.length(); i++) {
      Step step = steps.computeIfAbsent(arrives, this::step);
      BitSet before = step.reached.get(0, scan.carries());
      reached.or(step.reached);
      if (before.equals(arrives)) {
        break;
      }
      live.or(before);
      arrives = before;
    }
    reached.clear(0, scan.carries());
    reached.or(arrives); // now those of the call's operands
    if (scan.length() == 0 || reached.isEmpty()) {
      arrives.stream().forEach(i -> add(totals, i, cotangents[i]));
      return totals;
    }
    Step step = steps.computeIfAbsent(live, this::step);
    Tensor[] init =
        Stream.concat(
                live.stream().mapToObj(i -> orNothing(cotangents[i], i)),
                sums().mapToObj(i -> orNothing(soFar[scan.place(i)], i)))
            .toArray(Tensor[]::new);
    int[] outputs = outputs().toArray();
    int inputs = scan.body().inputs();
    Tensor[] xs =
        Arrays.stream(step.reads)
            .mapToObj(i ->
                i < scan.carries()
                    ? out[scan.outputOfCarry(i)]
                    : i < inputs ? operands[scan.place(i)] : cotangents[outputs[i - inputs]])
            .toArray(Tensor[]::new);
    Iterator<Tensor> results =
        List.of(Scan.call(step.graph, scan.length(), scan.direction().opposite(), init, xs))
            .iterator();
    live.stream()
        .forEach(i -> {
          Tensor g = results.next();
          if (reached.get(i)) {
            add(totals, i, g);
          }
        });
    sums()
        .forEach(i -> {
          Tensor sum = results.next();
          if (reached.get(i)) {
            totals[scan.place(i)] = sum;
          }
        });
    wantedInputs()
        .forEach(i -> {
          Tensor g = results.next();
          if (reached.get(i)) {
            add(totals, i, g);
          }
        });
    return totals;
  }

  private void add(@Nullable Tensor[] totals, int bodyOperand, Tensor g) {
    int place = scan.place(bodyOperand);
    totals[place] = totals[place] == null ? g : totals[place].plus(g);
  }

  private TensorType typeOf(int bodyOperand) {
    return scan.typeInBody(bodyOperand, in);
  }

  /// What the body captured that gets a cotangent.
  private IntStream sums() {
    return wanted.stream().filter(i -> i >= scan.body().inputs());
  }

  /// The inputs of a step that get a cotangent.
  private IntStream wantedInputs() {
    return wanted.stream().filter(i -> i >= scan.carries() && i < scan.body().inputs());
  }

  /// The outputs of a step that have a cotangent.
  private IntStream outputs() {
    return given.stream().filter(i -> i >= scan.carries());
  }

  private Tensor orNothing(@Nullable Tensor tensor, int bodyOperand) {
    return tensor == null ? nothing(typeOf(bodyOperand)) : tensor;
  }

  /// −0, to which anything can be added without a change, even of its sign.
  private static Tensor nothing(TensorType type) {
    return NestedArrays.full(type.dtype(), -0.0, type.shape());
  }
}
