package nestor.autodiff;

/// A tensor on a tape.
///
/// @param tape the tape
/// @param slot its number on the tape
/// @param primal the tensor that it stands for, one level down
record Traced(Tape tape, int slot, Tensor primal) implements Tensor {
  @Override
  public TensorType type() {
    return primal.type();
  }

  @Override
  public String toString() {
    return tape.open() ? primal + " (traced by " + tape.label() + ")" : type() + " (leaked)";
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
