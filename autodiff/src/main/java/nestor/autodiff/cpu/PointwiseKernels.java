package nestor.autodiff.cpu;

import nestor.autodiff.Binary;
import nestor.autodiff.Cells;
import nestor.autodiff.Operand;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unary;
import nestor.autodiff.cpu.functions.BinaryKernels;
import nestor.autodiff.cpu.functions.UnaryKernels;

/// Pointwise operators on floating tensors of any shapes, split among threads where that pays.
final class PointwiseKernels {
  private PointwiseKernels() {}

  static Object unary(Workers workers, Unary op, Operand x, TensorType result) {
    Object in = x.stored();
    Object out = Cells.newArray(result);
    Parallel.overElements(
        workers, result.shape().size(), (from, to) -> UnaryKernels.run(op, in, out, from, to));
    return out;
  }

  static Object step(Workers workers, PiecewiseConstant op, Operand x, TensorType result) {
    Object in = x.stored();
    Object out = Cells.newArray(result);
    Parallel.overElements(
        workers, result.shape().size(), (from, to) -> UnaryKernels.run(op, in, out, from, to));
    return out;
  }

  /// An operand that is one number is used as such; any other one that is broadcast is repeated
  /// into an array of the result's size first.
  static Object binary(Workers workers, Binary op, Operand[] in, TensorType result) {
    Object a = operand(in[0], in[1], result);
    Object b = operand(in[1], in[0], result);
    Object out = Cells.newArray(result);
    Parallel.overElements(
        workers, result.shape().size(), (from, to) -> BinaryKernels.run(op, a, b, out, from, to));
    return out;
  }

  private static Object operand(Operand x, Operand other, TensorType result) {
    boolean oneNumber = x.shape().size() == 1 && other.shape().size() == result.shape().size();
    return oneNumber ? x.stored() : MoveKernels.broadcast(x, result);
  }
}
