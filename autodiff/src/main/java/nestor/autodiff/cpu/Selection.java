package nestor.autodiff.cpu;

import nestor.autodiff.Cast;
import nestor.autodiff.Cells;
import nestor.autodiff.Compare;
import nestor.autodiff.Operand;
import nestor.autodiff.TensorType;
import nestor.autodiff.cpu.functions.SelectionKernels;

/// Comparisons, choice by a mask and conversion of element types.
final class Selection {
  private Selection() {}

  static Object compare(Compare op, Operand[] in, TensorType result) {
    TensorType operand = new TensorType(in[0].dtype(), result.shape());
    Object a = MoveKernels.broadcast(in[0], operand);
    Object b = MoveKernels.broadcast(in[1], operand);
    boolean[] out = new boolean[result.shape().size()];
    SelectionKernels.run(op, a, b, out, 0, out.length);
    return out;
  }

  static Object where(Operand[] in, TensorType result) {
    boolean[] mask =
        (boolean[]) MoveKernels.broadcast(in[0], new TensorType(in[0].dtype(), result.shape()));
    Object yes = MoveKernels.broadcast(in[1], result);
    Object no = MoveKernels.broadcast(in[2], result);
    Object out = Cells.newArray(result);
    SelectionKernels.where(mask, yes, no, out, 0, result.shape().size());
    return out;
  }

  /// The conversions of training loops as loops of their own; the others run the definition.
  static Object cast(Cast op, Operand x, TensorType result) {
    if (x.dtype() == op.to()) {
      return x.stored();
    }
    Object array = Cells.newArray(result);
    cast(op, x, result, array);
    return array;
  }

  /// The same into an array of the result's size.
  static void cast(Cast op, Operand x, TensorType result, Object array) {
    if (x.stored() instanceof double[] in && array instanceof float[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) in[i];
      }
    } else if (x.stored() instanceof float[] in && array instanceof double[] out) {
      for (int i = 0; i < out.length; i++) {
        out[i] = in[i];
      }
    } else if (x.stored() instanceof boolean[] in && op.to().isFloat()) {
      SelectionKernels.numbers(in, array, 0, in.length);
    } else {
      op.forward(new Cells[] {new Cells(x.type(), x.stored())}, new Cells(result, array));
    }
  }
}
