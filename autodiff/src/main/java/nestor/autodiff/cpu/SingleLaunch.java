package nestor.autodiff.cpu;

import java.lang.reflect.Array;
import nestor.autodiff.Cells;
import nestor.autodiff.Operand;
import nestor.autodiff.TensorType;
import nestor.autodiff.plan.Kernel;
import org.jspecify.annotations.Nullable;

/// An operator that the backend runs by itself, on whole arrays.
final class SingleLaunch implements Launch {
  private final Kernel.Single kernel;
  private final CpuBackend backend;

  /// Those of the last run, which mostly serve again; never written once they are here.
  private @Nullable Operand[] last;

  SingleLaunch(Kernel.Single kernel, CpuBackend backend) {
    this.kernel = kernel;
    this.backend = backend;
    this.last = new @Nullable Operand[kernel.in().length];
  }

  @Override
  public void run(CpuPlan.Frame frame) {
    Operand[] operands = operands(frame);
    int slot = kernel.out();
    Object out = frame.arrays()[slot];
    int size = kernel.type().shape().size();
    if (Array.getLength(out) == size) {
      backend.runInto(kernel.op(), operands, kernel.type(), out);
    } else { // a part of a longer one
      Object part = backend.run(kernel.op(), operands, kernel.type());
      System.arraycopy(part, 0, out, frame.offsets()[slot], size);
    }
  }

  private Operand[] operands(CpuPlan.Frame frame) {
    @Nullable Operand[] known = last;
    boolean same = true;
    for (int i = 0; i < known.length; i++) {
      Operand operand = known[i];
      same &= operand != null && operand.stored() == frame.arrays()[kernel.in()[i]];
    }
    if (same) {
      return known;
    }
    Operand[] operands = new Operand[known.length];
    boolean whole = true;
    for (int i = 0; i < operands.length; i++) {
      TensorType type = kernel.types().get(i);
      Object array = frame.arrays()[kernel.in()[i]];
      int size = type.shape().size();
      if (Array.getLength(array) != size) {
        Object part = Cells.newArray(type);
        System.arraycopy(array, frame.offsets()[kernel.in()[i]], part, 0, size);
        array = part;
        whole = false;
      }
      operands[i] = new Operand(type, array);
    }
    if (whole) {
      last = operands;
    }
    return operands;
  }
}
