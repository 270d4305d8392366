package nestor.autodiff;

/// One running transformation: a tape, a batch or a recorder.
///
/// An operator hands itself to the youngest level among its operands; that level may call operators
/// one level down, on what its own tensors stand for.
sealed interface Level permits Tape, Batch, Recorder {
  /// A number that grows with every level that is started: the larger, the younger.
  long age();

  /// Whether the function that is being transformed still runs.
  boolean open();

  /// What to call this transformation in messages, as in `grad`.
  String label();

  /// Applies an operator to operands of which at least one belongs to this level, none to a
  /// younger.
  Tensor apply(Op op, Tensor[] in);

  /// Applies a higher-order operator in the same way.
  Tensor[] call(Call call, Tensor[] in);
}
