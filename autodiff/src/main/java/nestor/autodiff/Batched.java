package nestor.autodiff;

/// One example of a batch, as the function sees it that `vmap` maps.
final class Batched implements Tensor {
  private final Batch batch;
  private final Tensor physical;
  private final TensorType type;

  Batched(Batch batch, Tensor physical) {
    this.batch = batch;
    this.physical = physical;
    this.type = new TensorType(physical.dtype(), physical.shape().dropFirst());
  }

  Batch batch() {
    return batch;
  }

  /// All examples at once: the batch is axis 0.
  Tensor physical() {
    return physical;
  }

  @Override
  public TensorType type() {
    return type;
  }

  @Override
  public String toString() {
    return batch.open()
        ? type + " of each of " + batch.size() + " examples: " + physical
        : type + " (leaked)";
  }
}
