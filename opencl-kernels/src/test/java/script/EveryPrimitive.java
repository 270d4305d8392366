package script;

import static nestor.autodiff.nn.Normalization.softmax;

import java.util.List;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Op;
import nestor.autodiff.Sample;
import nestor.autodiff.Sampler;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.opencl.LockstepBackend;
import nestor.opencl.OpenClBackend;

/// Runs every primitive on an OpenCL device beside `cpu`, products in all their ways, and a
/// compiled function with reductions of all kinds.
public final class EveryPrimitive {
  private EveryPrimitive() {}

  public static void main(String[] arguments) {
    try (OpenClBackend opencl = OpenClBackend.open()) {
      Backend pair = new LockstepBackend(opencl);
      int count = 0;
      for (Sample sample : Op.samples(new Sampler(Key.of(5), DType.FLOAT32))) {
        sample.on(pair).run();
        count++;
      }
      for (int[] size : List.of(new int[] {64, 64, 65}, new int[] {21, 40, 33})) {
        Tensor a = Key.of(1).normal(DType.FLOAT32, size[0], size[1]).on(pair);
        Tensor b = Key.of(2).normal(DType.FLOAT32, size[1], size[2]).on(pair);
        Tensor c = Key.of(3).normal(DType.FLOAT32, size[2], size[1]).on(pair);
        a.matmul(b);
        a.matmul(c.transpose());
        count += 2;
      }
      var step =
          Transform.compile((Tensor x) -> List.of(softmax(x, 1), x.square().sum(0), x.exp().sum()));
      Tensor x = Key.of(4).normal(DType.FLOAT32, 37, 83);
      List<Tensor> there = step.apply(x.on(opencl));
      List<Tensor> here = step.apply(x);
      for (int i = 0; i < here.size(); i++) {
        double[] expected = here.get(i).toDoubles();
        double[] actual = there.get(i).toDoubles();
        for (int j = 0; j < expected.length; j++) {
          if (!(Math.abs(expected[j] - actual[j]) <= 1e-5 * Math.max(1, Math.abs(expected[j])))) {
            throw new AssertionError("%d, %d: %s, %s".formatted(i, j, expected[j], actual[j]));
          }
        }
        count++;
      }
      System.out.println(count + " right on " + opencl.device().name());
    }
  }
}
