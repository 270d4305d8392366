package nestor.autodiff.cpu;

import nestor.autodiff.Binary;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unary;
import nestor.autodiff.Value;

/// Pointwise operators on floating tensors of any shapes.
final class PointwiseKernels {
  private PointwiseKernels() {}

  static Object unary(Workers workers, Unary op, Value x, TensorType result) {
    int size = result.shape().size();
    if (x.stored() instanceof double[] in) {
      double[] out = new double[size];
      Parallel.overElements(workers, size, (f, t) -> DoublePointwise.unary(op, in, out, f, t));
      return out;
    }
    float[] in = (float[]) x.stored();
    float[] out = new float[size];
    Parallel.overElements(workers, size, (f, t) -> FloatPointwise.unary(op, in, out, f, t));
    return out;
  }

  static Object step(Workers workers, PiecewiseConstant op, Value x, TensorType result) {
    int size = result.shape().size();
    if (x.stored() instanceof double[] in) {
      double[] out = new double[size];
      Parallel.overElements(workers, size, (f, t) -> DoublePointwise.step(op, in, out, f, t));
      return out;
    }
    float[] in = (float[]) x.stored();
    float[] out = new float[size];
    Parallel.overElements(workers, size, (f, t) -> FloatPointwise.step(op, in, out, f, t));
    return out;
  }

  /// An operand that is one number is used as such; any other one that is broadcast is repeated into
  /// an array of the result's size first.
  static Object binary(Workers workers, Binary op, Value[] in, TensorType result) {
    int size = result.shape().size();
    boolean leftNumber = in[0].shape().size() == 1 && size != 1;
    boolean rightNumber = in[1].shape().size() == 1 && !leftNumber;
    Object left = leftNumber ? in[0].stored() : MoveKernels.broadcast(in[0], result);
    Object right = rightNumber ? in[1].stored() : MoveKernels.broadcast(in[1], result);
    if (left instanceof double[] a) {
      double[] b = (double[]) right;
      double[] out = new double[size];
      Parallel.overElements(
          workers,
          size,
          (f, t) -> {
            if (leftNumber) {
              DoublePointwise.binary(op, a[0], b, out, f, t);
            } else if (rightNumber) {
              DoublePointwise.binary(op, a, b[0], out, f, t);
            } else {
              DoublePointwise.binary(op, a, b, out, f, t);
            }
          });
      return out;
    }
    float[] a = (float[]) left;
    float[] b = (float[]) right;
    float[] out = new float[size];
    Parallel.overElements(
        workers,
        size,
        (f, t) -> {
          if (leftNumber) {
            FloatPointwise.binary(op, a[0], b, out, f, t);
          } else if (rightNumber) {
            FloatPointwise.binary(op, a, b[0], out, f, t);
          } else {
            FloatPointwise.binary(op, a, b, out, f, t);
          }
        });
    return out;
  }
}
