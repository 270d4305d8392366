package script;

import nestor.autodiff.Composite;
import nestor.autodiff.Tensor;
import nestor.opencl.CustomKernel;
import nestor.opencl.OpenClBackend;

/// Attaches a kernel that writes one element too many.
public final class BeyondTheEnd {
  private BeyondTheEnd() {}

  public static void main(String[] arguments) {
    Composite<Tensor, Tensor> twice = Composite.named("twice", x -> x.times(2));
    String code =
        """
        __kernel void twice(__global const float *x, __global float *y) {
          int i = get_global_id(0);
          y[i + 1] = 2 * x[i];
          y[0] = i;
        }
        """;
    try (OpenClBackend opencl = OpenClBackend.open()) {
      opencl.attach(
          twice.forward(),
          CustomKernel.of("twice", code, in -> CustomKernel.Grid.of(8)).within(1e9));
      twice.apply(Tensor.of(1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f).on(opencl)).toDoubles();
    }
  }
}
