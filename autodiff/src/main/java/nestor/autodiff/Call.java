package nestor.autodiff;

/// A higher-order operator: a whole function as one step, with several results.
sealed interface Call permits Checkpoint, CustomVjp {
  /// The types of the results.
  TensorType[] results(TensorType[] in);

  /// Runs it; no transformation is among the operands.
  Tensor[] run(Tensor[] in);

  /// Adds onto `soFar` the cotangents of the operands that follow from those of the results; null
  /// stands for zero in all three.
  Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] cotangents, Tensor[] soFar);

  /// Runs it on every example of a batch, as [Op#batch].
  Tensor[] batch(Tensor[] in, boolean[] mapped, int size);

  /// The error for a captured traced tensor that this cannot make an operand.
  TensorException captured();
}
