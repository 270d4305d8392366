package nestor.hope.rule;

/// How a rule that has both forms runs; what it computes is the same.
public enum Form {
  /// Token by token, as the papers define it.
  RECURRENT,
  /// All tokens of a chunk at once, by products of matrices: the form for training.
  CHUNK_PARALLEL
}
