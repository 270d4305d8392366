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

  /// Those of the last run, which mostly serve again.
  private final @Nullable Operand[] last;

  SingleLaunch(Kernel.Single kernel, CpuBackend backend) {
    this.kernel = kernel;
    this.backend = backend;
    this.last = new @Nullable Operand[kernel.in().length];
  }

  @Override
  public void run(CpuPlan.Frame frame) {
    Operand[] operands = new Operand[kernel.in().length];
    for (int i = 0; i < operands.length; i++) {
      operands[i] = operand(i, frame);
    }
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

  private Operand operand(int i, CpuPlan.Frame frame) {
    TensorType type = kernel.types().get(i);
    Object array = frame.arrays()[kernel.in()[i]];
    Operand known = last[i];
    if (known != null && known.stored() == array) {
      return known;
    }
    int size = type.shape().size();
    if (Array.getLength(array) != size) {
      Object part = Cells.newArray(type);
      System.arraycopy(array, frame.offsets()[kernel.in()[i]], part, 0, size);
      return new Operand(type, part);
    }
    Operand operand = new Operand(type, array);
    last[i] = operand;
    return operand;
  }
}
