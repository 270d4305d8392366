package nestor.autodiff.cpu;

import nestor.autodiff.Cells;
import nestor.autodiff.Concat;
import nestor.autodiff.Flip;
import nestor.autodiff.Operand;
import nestor.autodiff.Pad;
import nestor.autodiff.Permute;
import nestor.autodiff.Slice;
import nestor.autodiff.TensorType;

/// Operators that move elements, all as copies between strided views.
final class MoveKernels {
  private MoveKernels() {}

  /// The operand repeated to the result's shape; the operand's own array if that is its shape.
  static Object broadcast(Operand x, TensorType result) {
    if (x.shape().equals(result.shape())) {
      return x.stored();
    }
    return view(x, 0, x.shape().stridesIn(result.shape()), result);
  }

  static Object permute(Permute op, Operand x, TensorType result) {
    return view(x, 0, op.strides(x.shape()), result);
  }

  static Object slice(Slice op, Operand x, TensorType result) {
    return view(x, op.offset(x.shape()), op.strides(x.shape()), result);
  }

  static Object flip(Flip op, Operand x, TensorType result) {
    return view(x, op.offset(x.shape()), op.strides(x.shape()), result);
  }

  private static Object view(Operand x, int offset, int[] strides, TensorType result) {
    Object out = Cells.newArray(result);
    StridedCopy.gather(result.shape().toArray(), x.stored(), offset, strides, out);
    return out;
  }

  /// Writes the operand between the zeros of `out`.
  static void pad(Pad op, Operand x, TensorType result, Object out) {
    int[] strides = op.strides(result.shape());
    StridedCopy.scatter(x.shape().toArray(), x.stored(), out, op.offset(result.shape()), strides);
  }

  static void concat(Concat op, Operand[] in, TensorType result, Object out) {
    int[] dims = result.shape().toArray();
    int inner = 1;
    int outer = 1;
    for (int axis = 0; axis < dims.length; axis++) {
      inner *= axis > op.axis() ? dims[axis] : 1;
      outer *= axis < op.axis() ? dims[axis] : 1;
    }
    int row = dims[op.axis()] * inner;
    int start = 0;
    for (Operand part : in) {
      int width = part.shape().dim(op.axis()) * inner;
      for (int i = 0; i < outer; i++) {
        System.arraycopy(part.stored(), i * width, out, i * row + start, width);
      }
      start += width;
    }
  }
}
