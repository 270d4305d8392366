package script;

import nestor.autodiff.Backend;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;

/// Computes on OpenCL where there is one, and on the cpu.
public final class OrdinaryScript {
  private OrdinaryScript() {}

  /// Prints what came of it.
  ///
  /// @param args none
  public static void main(String[] args) {
    for (String name : new String[] {"opencl", "opencl", "cpu"}) {
      try {
        Tensor x = Tensor.of(1, 2, 3).on(Backend.named(name));
        System.out.println(name + " gives " + x.times(x).sum().item());
      } catch (TensorException e) {
        System.out.println(name + " says: " + e.getMessage());
      }
    }
  }
}
