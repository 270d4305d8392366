package nestor.autodiff;

import org.jspecify.annotations.Nullable;

/// A higher-order operator: a whole function as one step, with several results.
sealed interface Call permits Checkpoint, CustomVjp {
  /// The types of the results.
  TensorType[] results(TensorType[] in);

  /// Runs it; no transformation is among the operands.
  Tensor[] run(Tensor[] in);

  /// What a call was applied to.
  ///
  /// @param tensors the operands
  /// @param wanted whether an operand's cotangent is wanted
  record Operands(Tensor[] tensors, boolean[] wanted) {}

  /// Adds onto `soFar` the cotangents of the wanted operands that follow from those of the results;
  /// null stands for zero in all three.
  @Nullable Tensor[] vjp(
      Operands of, Tensor[] out, @Nullable Tensor[] cotangents, @Nullable Tensor[] soFar);

  /// Runs it on every example of a batch, as [Op#batch].
  Tensor[] batch(Tensor[] in, boolean[] mapped, Batch batch);
}
