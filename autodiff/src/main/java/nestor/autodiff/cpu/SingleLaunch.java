package nestor.autodiff.cpu;

import java.lang.reflect.Array;
import java.util.List;
import nestor.autodiff.Cells;
import nestor.autodiff.Operand;
import nestor.autodiff.TensorType;
import nestor.autodiff.plan.Kernel;

/// An operator that runs by itself.
final class SingleLaunch implements Launch {
  private final Kernel.Single kernel;
  private final CpuBackend backend;

  /// Those of the last two runs, which mostly serve again: the arrays of a state go to and fro.
  /// Never changed once they are here.
  private List<Ready> known = List.of();

  /// Operands and result as operators take them.
  private record Ready(Operand[] operands, Object out, Cells[] in, Cells result) {
    static Ready of(Operand[] operands, TensorType type, Object out) {
      Cells[] in = new Cells[operands.length];
      for (int i = 0; i < in.length; i++) {
        in[i] = new Cells(operands[i].type(), operands[i].stored());
      }
      return new Ready(operands, out, in, new Cells(type, out));
    }
  }

  SingleLaunch(Kernel.Single kernel, CpuBackend backend) {
    this.kernel = kernel;
    this.backend = backend;
  }

  @Override
  public void run(CpuPlan.Frame frame) {
    Object out = frame.arrays()[kernel.out()];
    int size = kernel.type().shape().size();
    if (Array.getLength(out) != size) { // a part of a longer one
      Object part = backend.run(kernel.op(), operands(frame), kernel.type());
      System.arraycopy(part, 0, out, frame.offsets()[kernel.out()], size);
      return;
    }
    Ready ready = ready(frame, out);
    if (CpuBackend.isDefinition(kernel.op())) {
      kernel.op().forward(ready.in, ready.result);
    } else {
      backend.runInto(kernel.op(), ready.operands, kernel.type(), out);
    }
  }

  private Ready ready(CpuPlan.Frame frame, Object out) {
    List<Ready> all = known;
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).out == out && isSame(all.get(i), frame)) {
        return all.get(i);
      }
    }
    Operand[] operands = operands(frame);
    Ready ready = Ready.of(operands, kernel.type(), out);
    if (isSame(ready, frame)) { // of whole arrays
      known = all.isEmpty() ? List.of(ready) : List.of(ready, all.getFirst());
    }
    return ready;
  }

  private boolean isSame(Ready ready, CpuPlan.Frame frame) {
    for (int i = 0; i < ready.operands.length; i++) {
      if (ready.operands[i].stored() != frame.arrays()[kernel.in()[i]]) {
        return false;
      }
    }
    return true;
  }

  private Operand[] operands(CpuPlan.Frame frame) {
    Operand[] operands = new Operand[kernel.in().length];
    for (int i = 0; i < operands.length; i++) {
      TensorType type = kernel.types().get(i);
      Object array = frame.arrays()[kernel.in()[i]];
      int size = type.shape().size();
      if (Array.getLength(array) != size) {
        Object part = Cells.newArray(type);
        System.arraycopy(array, frame.offsets()[kernel.in()[i]], part, 0, size);
        array = part;
      }
      operands[i] = new Operand(type, array);
    }
    return operands;
  }
}
