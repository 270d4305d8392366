package nestor.train.conformance;

import java.util.Arrays;
import nestor.autodiff.Tensor;

/// Reference values that are known to be wrong, and how they are recognized.
///
/// **abs.** Off zero |x| has the second derivative 0. PyTorch 1.13 answers with a lazy tensor of
/// zeros that owns no memory, and files made with it hold what stood in memory instead: a bit for
/// bit copy of the gradient g = c sign(x). No function's second can be that: it is linear in the
/// direction v, and g does not depend on v. Only a second that is such a copy is replaced, by 0;
/// any other value is compared as it stands.
final class Erratum {
  private Erratum() {}

  /// Whether the `second` of an operator's case is a copy of its gradient instead of zero.
  static boolean isLeftover(String op, Tensor second, Tensor gradient) {
    return op.equals("abs") && Arrays.equals(second.toDoubles(), gradient.toDoubles());
  }
}
