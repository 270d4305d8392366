package nestor.autodiff;

import java.util.Optional;

/// A tensor with its elements: what is left when no transformation is around.
public final class Value implements Tensor {
  private final TensorType type;
  private final Object stored;
  private final Optional<Backend> backend;

  Value(TensorType type, Object stored, Optional<Backend> backend) {
    this.type = type;
    this.stored = stored;
    this.backend = backend;
  }

  /// A value that belongs to no backend yet, over a Java array that nobody writes any more.
  static Value over(DType dtype, Shape shape, Object array) {
    return new Value(new TensorType(dtype, shape), array, Optional.empty());
  }

  @Override
  public TensorType type() {
    return type;
  }

  /// The backend that the elements are on, or empty if they belong to none yet.
  public Optional<Backend> backend() {
    return backend;
  }

  /// The elements as a Java array in row-major order, which nobody may write.
  Object array() {
    return backend.isPresent() ? backend.get().download(stored) : stored;
  }

  /// The same elements on a backend.
  Value moveTo(Backend target) {
    if (backend.isPresent() && backend.get().equals(target)) {
      return this;
    }
    return new Value(type, target.upload(array()), Optional.of(target));
  }

  /// Runs an operator on values.
  static Value run(Op op, Tensor[] in) {
    TensorType[] types = new TensorType[in.length];
    Optional<Backend> place = Optional.empty();
    for (int i = 0; i < in.length; i++) {
      Value value = (Value) in[i];
      types[i] = value.type;
      if (value.backend.isPresent() && place.isPresent() && !value.backend.equals(place)) {
        throw new Mismatch(
            "the operands are on two backends, '%s' and '%s'; move one with on(backend)"
                .formatted(place.get().name(), value.backend.get().name()));
      }
      place = value.backend.isPresent() ? value.backend : place;
    }
    TensorType result = op.result(types);
    Backend backend = place.isPresent() ? place.get() : Backend.standard();
    Operand[] operands = new Operand[in.length];
    for (int i = 0; i < in.length; i++) {
      Value value = (Value) in[i];
      Object own = value.backend.isPresent() ? value.stored : backend.upload(value.stored);
      operands[i] = new Operand(value.type, own);
    }
    Object stored = backend.run(op, operands, result);
    return new Value(result, place.isPresent() ? stored : backend.download(stored), place);
  }

  @Override
  public String toString() {
    return Printing.text(type, array());
  }
}
