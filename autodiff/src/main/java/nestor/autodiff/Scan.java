package nestor.autodiff;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A loop over time: (hₜ₊₁, yₜ) = f(hₜ, xₜ, c), with a body that is traced once.
///
/// The operands are what the body captured (c), the first carry (h), and the inputs of all steps
/// along axis 0 (x); the results are the last carry and the outputs of all steps along axis 0 (y).
/// The derivative is another scan in the opposite direction, see [ScanPullback].
///
/// @param body one step; its operands are the carry, the step's inputs and what it captured, its
///   results the next carry and the step's outputs
/// @param length the number of steps
/// @param direction the order in which the steps are done
/// @param carries the number of tensors in the carry
record Scan(Graph body, int length, Direction direction, int carries) implements Call {
  /// The order in which the steps are done; inputs and outputs keep their places on axis 0.
  enum Direction {
    /// 0, 1, …, length − 1
    FORWARD,
    /// length − 1, …, 1, 0
    REVERSE;

    Direction opposite() {
      return this == FORWARD ? REVERSE : FORWARD;
    }

    private int index(int step, int length) {
      return this == FORWARD ? step : length - 1 - step;
    }
  }

  /// Scans with a body that was traced on the types of the carry and of one step's inputs.
  static Tensor[] call(Graph body, int length, Direction direction, Tensor[] init, Tensor[] xs) {
    Tensor[] captured = body.captured();
    Tensor[] in = Arrays.copyOf(captured, captured.length + init.length + xs.length);
    System.arraycopy(init, 0, in, captured.length, init.length);
    System.arraycopy(xs, 0, in, captured.length + init.length, xs.length);
    return Dispatch.call(new Scan(body, length, direction, init.length), in);
  }

  /// The place among the operands of this call of what one of the body's operands comes from.
  int place(int bodyOperand) {
    return bodyOperand < body.inputs()
        ? body.captures().size() + bodyOperand
        : bodyOperand - body.inputs();
  }

  /// The type of one of the body's operands.
  TensorType typeInBody(int bodyOperand, TensorType[] in) {
    TensorType type = in[place(bodyOperand)];
    return isInput(bodyOperand) ? new TensorType(type.dtype(), type.shape().dropFirst()) : type;
  }

  private boolean isInput(int bodyOperand) {
    return bodyOperand >= carries && bodyOperand < body.inputs();
  }

  @Override
  public TensorType[] results(TensorType[] in) {
    TensorType[] types = body.types().clone();
    for (int i = carries; i < types.length; i++) {
      types[i] = new TensorType(types[i].dtype(), types[i].shape().prepend(length));
    }
    return types;
  }

  @Override
  public Tensor[] run(Tensor[] in) {
    Tensor[] operands = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      operands[i] = in[place(i)];
    }
    Tensor[][] results = new Tensor[body.outputs().length][length];
    for (int step = 0; step < length; step++) {
      int t = direction.index(step, length);
      for (int i = carries; i < body.inputs(); i++) {
        operands[i] = in[place(i)].get(t);
      }
      Tensor[] out = body.run(operands);
      System.arraycopy(out, 0, operands, 0, carries);
      for (int i = carries; i < out.length; i++) {
        results[i][t] = out[i];
      }
    }
    Tensor[] all = Arrays.copyOf(operands, results.length);
    for (int i = carries; i < all.length; i++) {
      TensorType type = body.types()[i];
      all[i] =
          length == 0
              ? NestedArrays.full(type.dtype(), 0, type.shape().prepend(0))
              : Tensor.stack(0, Arrays.asList(results[i]));
    }
    return all;
  }

  @Override
  public Optional<Narrowed> narrowed(BitSet results) {
    BitSet outputs = (BitSet) results.clone();
    Pruned pruned = Pruned.of(body.giving(outputs), outputs.get(0, carries));
    while (!pruned.inputs().get(0, carries).equals(outputs.get(0, carries))) {
      outputs.or(pruned.inputs().get(0, carries)); // a carry that others are made of
      pruned = Pruned.of(body.giving(outputs), outputs.get(0, carries));
    }
    int carried = outputs.get(0, carries).cardinality();
    BitSet operands = pruned.captures();
    pruned.inputs().stream().forEach(i -> operands.set(place(i)));
    Scan scan = new Scan(pruned.graph(), length, direction, carried);
    return Optional.of(new Narrowed(scan, outputs, operands));
  }

  /// The scan that also gives the carries that enter the steps, those that its backward pass reads.
  ///
  /// A carry that is among the outputs already is not given twice, so a scan in this form is its
  /// own recorded form.
  @Override
  public Call recorded(TensorType[] in, boolean[] wanted) {
    if (length == 0) {
      return this;
    }
    int[] missing =
        ScanPullback.carriesRead(this, in, wanted).stream()
            .filter(carry -> outputOfCarry(carry) < 0)
            .toArray();
    if (missing.length == 0) {
      return this;
    }
    TensorType[] types =
        Arrays.stream(missing).mapToObj(i -> typeInBody(i, in)).toArray(TensorType[]::new);
    return new Scan(body.alsoGiving(missing, types), length, direction, carries);
  }

  /// Which output is a carry as it enters the step, or −1.
  int outputOfCarry(int carry) {
    int[] outputs = body.outputs();
    for (int i = carries; i < outputs.length; i++) {
      if (outputs[i] == carry) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public @Nullable Tensor[] vjp(
      Operands of, Tensor[] out, @Nullable Tensor[] cotangents, @Nullable Tensor[] soFar) {
    return ScanPullback.of(this, of, cotangents).pull(out, cotangents, soFar);
  }

  /// A carry that no mapped tensor enters stays shared; which ones do is found by repetition, since
  /// one carry may enter another in the next step.
  @Override
  public Batch.Results batch(Tensor[] in, boolean[] mapped, Batch batch) {
    Tensor[] all = in.clone();
    boolean[] flags = new boolean[in.length];
    for (int i = 0; i < in.length; i++) {
      flags[i] = mapped[place(i)];
      if (flags[i] && isInput(i)) {
        all[place(i)] = all[place(i)].moveAxis(0, 1);
      }
    }
    BatchedBody step = batched(all, flags, batch.size());
    while (step.entersCarries(flags)) {
      for (int i = 0; i < carries; i++) {
        if (step.mapped[i] && !flags[i]) {
          flags[i] = true;
          Tensor shared = all[place(i)];
          all[place(i)] = shared.broadcastTo(shared.shape().prepend(batch.size()));
        }
      }
      step = batched(all, flags, batch.size());
    }
    int init = place(0);
    Tensor[] out =
        call(
            step.graph,
            length,
            direction,
            Arrays.copyOfRange(all, init, init + carries),
            Arrays.copyOfRange(all, init + carries, all.length));
    for (int i = carries; i < out.length; i++) {
      out[i] = step.mapped[i] ? out[i].moveAxis(0, 1) : out[i];
    }
    return new Batch.Results(out, step.mapped);
  }

  /// One step for all examples.
  ///
  /// @param graph the step
  /// @param mapped which of its results carry the batch
  private record BatchedBody(Graph graph, boolean[] mapped, int carries) {
    /// Whether the batch enters a carry that was not mapped.
    boolean entersCarries(boolean[] flags) {
      for (int i = 0; i < carries; i++) {
        if (mapped[i] && !flags[i]) {
          return true;
        }
      }
      return false;
    }
  }

  private BatchedBody batched(Tensor[] in, boolean[] flags, int size) {
    TensorType[] all = Dispatch.types(in);
    TensorType[] types = new TensorType[body.inputs()];
    Arrays.setAll(types, i -> typeInBody(i, all));
    boolean[] mapped = new boolean[body.outputs().length];
    Graph graph =
        Recorder.trace(
            "scan",
            symbols -> {
              Tensor[] operands = withCaptured(symbols, in);
              Batch.Results out = Batch.results(body::run, operands, flags, size);
              for (int i = 0; i < mapped.length; i++) {
                mapped[i] = out.mapped()[i] || (i < carries && flags[i]);
              }
              return out.mapped(mapped, size);
            },
            types,
            in);
    return new BatchedBody(graph, mapped, carries);
  }

  /// The body's operands: what stands for its inputs, then what the call's operands begin with.
  Tensor[] withCaptured(Tensor[] inputs, Tensor[] in) {
    Tensor[] operands = Arrays.copyOf(inputs, in.length);
    System.arraycopy(in, 0, operands, inputs.length, in.length - inputs.length);
    return operands;
  }
}
