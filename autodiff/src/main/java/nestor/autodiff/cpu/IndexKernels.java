package nestor.autodiff.cpu;

import nestor.autodiff.Cells;
import nestor.autodiff.Gather;
import nestor.autodiff.Operand;
import nestor.autodiff.ScatterAdd;
import nestor.autodiff.Shape;
import nestor.autodiff.TensorType;

/// Reading and adding rows at indices.
final class IndexKernels {
  private IndexKernels() {}

  static void gather(Gather op, Operand[] in, TensorType result, Object out) {
    Shape x = in[0].shape();
    int rows = x.dim(op.batchAxes());
    int count = result.shape().dim(op.batchAxes());
    int width = width(x, op.batchAxes());
    Cells indices = new Cells(in[1].type(), in[1].stored());
    for (int i = 0; i < indices.size(); i++) {
      int row = i / count * rows + Gather.row(indices.integer(i), rows);
      System.arraycopy(in[0].stored(), row * width, out, i * width, width);
    }
  }

  static void scatterAdd(ScatterAdd op, Operand[] in, TensorType result, Object array) {
    Shape x = result.shape();
    int rows = x.dim(op.batchAxes());
    int count = in[1].shape().dim(op.batchAxes());
    int width = width(x, op.batchAxes());
    Cells indices = new Cells(in[1].type(), in[1].stored());
    System.arraycopy(in[0].stored(), 0, array, 0, x.size());
    if (array instanceof double[] out) {
      double[] updates = (double[]) in[2].stored();
      for (int i = 0; i < indices.size(); i++) {
        int row = i / count * rows + Gather.row(indices.integer(i), rows);
        for (int j = 0; j < width; j++) {
          out[row * width + j] += updates[i * width + j];
        }
      }
      return;
    }
    float[] out = (float[]) array;
    float[] updates = (float[]) in[2].stored();
    for (int i = 0; i < indices.size(); i++) {
      int row = i / count * rows + Gather.row(indices.integer(i), rows);
      for (int j = 0; j < width; j++) {
        out[row * width + j] += updates[i * width + j];
      }
    }
  }

  private static int width(Shape x, int batchAxes) {
    int width = 1;
    for (int axis = batchAxes + 1; axis < x.rank(); axis++) {
      width *= x.dim(axis);
    }
    return width;
  }
}
