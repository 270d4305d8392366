package nestor.autodiff;

/// A tensor of which only the type is known, while a recorder traces a function.
final class Symbol implements Tensor {
  private final Recorder recorder;
  private final int id;
  private final TensorType type;

  Symbol(Recorder recorder, int id, TensorType type) {
    this.recorder = recorder;
    this.id = id;
    this.type = type;
  }

  Recorder recorder() {
    return recorder;
  }

  /// Its number in the graph that is recorded.
  int id() {
    return id;
  }

  @Override
  public TensorType type() {
    return type;
  }

  @Override
  public String toString() {
    return !recorder.open()
        ? type + " (leaked)"
        : type + " (without a value while " + recorder.label() + " traces the function)";
  }
}
