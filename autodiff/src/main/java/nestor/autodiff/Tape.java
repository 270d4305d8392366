package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Records what is computed from its leaves, to run it backward.
///
/// Operators run one level down, on primals; so do the vector-Jacobian products of the backward
/// pass, during which the tape's own tensors, which a custom one may have captured, stand for their
/// primals. Derivatives of higher order are tapes around tapes, and need nothing else.
final class Tape implements Level {
  private final long age = Dispatch.nextAge();
  private final String label;
  private final List<Node> nodes = new ArrayList<>();
  private int slots;
  private boolean recording = true;
  private final AtomicInteger pulls = new AtomicInteger();

  Tape(String label) {
    this.label = label;
  }

  @Override
  public long age() {
    return age;
  }

  @Override
  public boolean open() {
    return recording || pulls.get() > 0;
  }

  @Override
  public String label() {
    return label;
  }

  void close() {
    recording = false;
  }

  Traced leaf(Tensor primal) {
    return new Traced(this, slots++, primal);
  }

  @Override
  public Tensor apply(Op op, Tensor[] in) {
    Tensor[] primals = primals(in);
    Tensor out = Dispatch.apply(op, primals);
    if (!recording || !(op instanceof DifferentiableOp differentiable) || !out.dtype().isFloat()) {
      return out;
    }
    nodes.add(new OpNode(differentiable, primals, slots(in), out, slots));
    return leaf(out);
  }

  @Override
  public Tensor[] call(Call call, Tensor[] in) {
    Tensor[] primals = primals(in);
    if (!recording) {
      return Dispatch.call(call, primals);
    }
    TensorType[] types = Dispatch.types(primals);
    int[] slots = slots(in);
    Call recorded = call.recorded(types, wanted(slots));
    Tensor[] out = Dispatch.call(recorded, primals);
    nodes.add(new CallNode(recorded, primals, slots, out, this.slots));
    Tensor[] traced = new Tensor[out.length];
    for (int i = 0; i < out.length; i++) {
      Traced leaf = leaf(out[i]);
      traced[i] = out[i].dtype().isFloat() ? leaf : out[i];
    }
    return recorded == call ? traced : Arrays.copyOf(traced, call.results(types).length);
  }

  private static boolean[] wanted(int[] slots) {
    boolean[] wanted = new boolean[slots.length];
    for (int i = 0; i < slots.length; i++) {
      wanted[i] = slots[i] >= 0;
    }
    return wanted;
  }

  private Tensor[] primals(Tensor[] in) {
    Tensor[] primals = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      primals[i] = primal(in[i]);
    }
    return primals;
  }

  private int[] slots(Tensor[] in) {
    int[] result = new int[in.length];
    for (int i = 0; i < in.length; i++) {
      result[i] = in[i] instanceof Traced traced && traced.tape() == this ? traced.slot() : -1;
    }
    return result;
  }

  /// The tensor one level down, whatever the tensor is.
  Tensor primal(Tensor tensor) {
    return tensor instanceof Traced traced && traced.tape() == this ? traced.primal() : tensor;
  }

  /// Runs the tape backward: from the cotangents of some outputs to those of the leaves with slots
  /// 0 to `leaves` − 1; null where nothing arrives.
  ///
  /// Cotangents are added in the reverse order of the forward computation, onto those in `seeds`
  /// (null where there is none), so that the order of additions, and with it every bit, does not
  /// depend on where a checkpoint stands.
  @Nullable Tensor[] pull(
      Tensor[] outputs, @Nullable Tensor[] cotangents, @Nullable Tensor[] seeds) {
    pulls.incrementAndGet();
    try {
      return add(outputs, cotangents, seeds);
    } finally {
      pulls.decrementAndGet();
    }
  }

  private @Nullable Tensor[] add(
      Tensor[] outputs, @Nullable Tensor[] cotangents, @Nullable Tensor[] seeds) {
    @Nullable Tensor[] sums = new @Nullable Tensor[slots];
    System.arraycopy(seeds, 0, sums, 0, seeds.length);
    for (int i = 0; i < outputs.length; i++) {
      if (cotangents[i] != null && outputs[i] instanceof Traced traced && traced.tape() == this) {
        add(sums, traced.slot(), cotangents[i]);
      }
    }
    for (int i = nodes.size() - 1; i >= 0; i--) {
      nodes.get(i).pull(sums);
    }
    @Nullable Tensor[] result = new @Nullable Tensor[seeds.length];
    System.arraycopy(sums, 0, result, 0, seeds.length);
    return result;
  }

  private static void add(@Nullable Tensor[] sums, int slot, Tensor cotangent) {
    sums[slot] = sums[slot] == null ? cotangent : sums[slot].plus(cotangent);
  }

  /// One recorded computation.
  private sealed interface Node permits OpNode, CallNode {
    /// Adds to the cotangents of the operands what follows from those of the results.
    void pull(@Nullable Tensor[] sums);
  }

  private record OpNode(DifferentiableOp op, Tensor[] in, int[] slots, Tensor out, int slot)
      implements Node {
    @Override
    public void pull(@Nullable Tensor[] sums) {
      Tensor g = sums[slot];
      if (g == null) {
        return;
      }
      sums[slot] = null;
      for (int i = 0; i < in.length; i++) {
        if (slots[i] >= 0) {
          add(sums, slots[i], op.vjp(i, in, out, g));
        }
      }
    }
  }

  private record CallNode(Call call, Tensor[] in, int[] slots, Tensor[] out, int firstSlot)
      implements Node {
    @Override
    public void pull(@Nullable Tensor[] sums) {
      @Nullable Tensor[] cotangents = new @Nullable Tensor[out.length];
      boolean any = false;
      for (int i = 0; i < out.length; i++) {
        cotangents[i] = sums[firstSlot + i];
        sums[firstSlot + i] = null;
        any |= cotangents[i] != null;
      }
      if (!any) {
        return;
      }
      @Nullable Tensor[] soFar = new @Nullable Tensor[in.length];
      for (int i = 0; i < in.length; i++) {
        if (slots[i] >= 0) {
          soFar[i] = sums[slots[i]];
          sums[slots[i]] = null; // taken once, even if the same tensor is two operands
        }
      }
      @Nullable Tensor[] total =
          call.vjp(new Call.Operands(in, wanted(slots)), out, cotangents, soFar);
      for (int i = 0; i < in.length; i++) {
        if (slots[i] >= 0 && total[i] != null) {
          add(sums, slots[i], total[i]);
        }
      }
    }
  }
}
