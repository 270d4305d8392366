package script;

import nestor.autodiff.Tensor;
import nestor.opencl.OpenClBackend;

/// Closes the backend while tensors are on it that it still holds.
public final class ForgetfulScript {
  private ForgetfulScript() {}

  /// Prints what came of it.
  ///
  /// @param args none
  public static void main(String[] args) {
    OpenClBackend gpu = OpenClBackend.open();
    dropped(gpu);
    Tensor uploaded = Tensor.of(1, 2, 3).on(gpu);
    Tensor computed = uploaded.plus(1);
    gpu.close();
    System.out.println("census " + gpu.census().total());
    for (Tensor stale : new Tensor[] {uploaded, computed}) {
      try {
        System.out.println(stale);
      } catch (RuntimeException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static void dropped(OpenClBackend gpu) {
    Tensor dropped = Tensor.of(4, 5).on(gpu);
    if (dropped.plus(1).toDoubles()[0] != 5) {
      throw new IllegalStateException("4 + 1 is 5");
    }
  }
}
