package nestor.autodiff.plan;

import nestor.autodiff.DType;
import nestor.autodiff.Op;

/// What the loops of a backend can hold.
public interface Loops {
  /// Whether a pointwise operator may stand in a loop over numbers of a floating type.
  boolean supports(DType dtype, Op op);

  /// How much of a loop an operator takes up; a read, a reduction and a write take up 2.
  int size(DType dtype, Op op);

  /// The most that a loop may take up.
  int largest();
}
