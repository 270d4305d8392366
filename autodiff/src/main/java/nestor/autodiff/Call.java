package nestor.autodiff;

import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A higher-order operator: a whole function as one step, with several results.
sealed interface Call permits Checkpoint, CompositeCall, CustomVjp, Scan, Cond {
  /// The types of the results.
  TensorType[] results(TensorType[] in);

  /// Runs it; no transformation is among the operands.
  Tensor[] run(Tensor[] in);

  /// This call for a tape: one that gives, behind the same results, what [#vjp] needs besides.
  ///
  /// @param in the types of the operands
  /// @param wanted whether an operand's cotangent will be wanted
  default Call recorded(TensorType[] in, boolean[] wanted) {
    return this;
  }

  /// A call for those who need some of the results only.
  ///
  /// @param call the call
  /// @param results which results of the whole call it gives
  /// @param operands which operands of the whole call it takes
  record Narrowed(Call call, BitSet results, BitSet operands) {}

  /// This call with no more results and operands than some results need, if that can be told.
  default Optional<Narrowed> narrowed(BitSet results) {
    return Optional.empty();
  }

  /// What a call was applied to.
  ///
  /// @param tensors the operands
  /// @param wanted whether an operand's cotangent is wanted
  record Operands(Tensor[] tensors, boolean[] wanted) {}

  /// Adds onto `soFar` the cotangents of the wanted operands that follow from those of the results;
  /// null stands for zero in all three.
  @Nullable Tensor[] vjp(
      Operands of, Tensor[] out, @Nullable Tensor[] cotangents, @Nullable Tensor[] soFar);

  /// Runs it on every example of a batch, as [Op#batch]; results may also be shared.
  Batch.Results batch(Tensor[] in, boolean[] mapped, Batch batch);
}
