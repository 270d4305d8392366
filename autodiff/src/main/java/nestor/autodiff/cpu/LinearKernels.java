package nestor.autodiff.cpu;

import nestor.autodiff.MatMul;
import nestor.autodiff.MatMul.Side;
import nestor.autodiff.Operand;
import nestor.autodiff.Shape;
import nestor.autodiff.SolveLowerUnit;
import nestor.autodiff.TensorType;

/// Matrix products with broadcast leading axes, and triangular systems.
final class LinearKernels {
  private LinearKernels() {}

  static Object matMul(Workers workers, MatMul op, Operand[] in, TensorType result) {
    Shape c = result.shape();
    int m = c.dim(-2);
    int n = c.dim(-1);
    boolean leftPlain = op.left() == Side.PLAIN;
    boolean rightPlain = op.right() == Side.PLAIN;
    int k = in[0].shape().dim(leftPlain ? -1 : -2);
    MatrixProduct product =
        new MatrixProduct(
            m, n, k, leftPlain ? k : 1, leftPlain ? 1 : m, rightPlain ? n : 1, rightPlain ? 1 : k);
    if (c.rank() == 2) {
      if (in[0].stored() instanceof double[] a) {
        double[] out = new double[c.size()];
        product.multiply(workers, a, 0, (double[]) in[1].stored(), 0, out, 0);
        return out;
      }
      float[] out = new float[c.size()];
      product.multiply(workers, (float[]) in[0].stored(), 0, (float[]) in[1].stored(), 0, out, 0);
      return out;
    }
    int[] aOffs = offsets(in[0].shape(), c, m * k);
    int[] bOffs = offsets(in[1].shape(), c, k * n);
    if (in[0].stored() instanceof double[] a) {
      double[] out = new double[c.size()];
      product.multiplyBatch(workers, a, aOffs, (double[]) in[1].stored(), bOffs, out, 0);
      return out;
    }
    float[] out = new float[c.size()];
    float[] a = (float[]) in[0].stored();
    product.multiplyBatch(workers, a, aOffs, (float[]) in[1].stored(), bOffs, out, 0);
    return out;
  }

  /// Where the matrix of each element of the result's leading axes starts in an operand.
  private static int[] offsets(Shape operand, Shape result, int matrix) {
    Shape batch = MatMul.batch(result);
    int[] strides = MatMul.batch(operand).stridesIn(batch);
    int[] dims = batch.toArray();
    int[] offsets = new int[batch.size()];
    for (int i = 0; i < offsets.length; i++) {
      int rest = i;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        offsets[i] += rest % dims[axis] * strides[axis] * matrix;
        rest /= dims[axis];
      }
    }
    return offsets;
  }

  static Object solve(Workers workers, SolveLowerUnit op, Operand[] in, TensorType result) {
    int n = result.shape().dim(-2);
    int p = result.shape().dim(-1);
    int systems = n == 0 || p == 0 ? 0 : result.shape().size() / (n * p);
    Substitution substitution = Substitution.of(op, n, p);
    if (in[0].stored() instanceof double[] l) {
      double[] z = ((double[]) in[1].stored()).clone();
      substitution.run(workers, systems, l, z);
      return z;
    }
    float[] z = ((float[]) in[1].stored()).clone();
    substitution.run(workers, systems, (float[]) in[0].stored(), z);
    return z;
  }
}
