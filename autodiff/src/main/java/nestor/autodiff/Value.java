package nestor.autodiff;

import java.util.Optional;

/// A tensor with its elements: what is left when no transformation is around.
public final class Value implements Tensor {
  private final Place place;

  /// The elements, or what took them.
  private volatile Object stored;

  /// Whether nothing else can refer to the elements, so that a plan may take them over.
  private volatile boolean exclusive;

  private Value(Place place, Object stored) {
    this.place = place;
    this.stored = stored;
  }

  /// What is known of a value besides its elements; results of a plan share theirs.
  record Place(TensorType type, Optional<Backend> backend) {}

  /// A value that belongs to no backend yet, over a Java array that nobody writes any more.
  static Value over(DType dtype, Shape shape, Object array) {
    return new Value(new Place(new TensorType(dtype, shape), Optional.empty()), array);
  }

  /// A result of a plan, which alone refers to its elements.
  static Value exclusive(Place place, Object stored) {
    Value value = new Value(place, stored);
    value.exclusive = true;
    return value;
  }

  @Override
  public TensorType type() {
    return place.type;
  }

  /// The backend that the elements are on, or empty if they belong to none yet.
  public Optional<Backend> backend() {
    return place.backend;
  }

  /// What the backend stored.
  Object stored() {
    Object elements = stored;
    if (elements instanceof Donated donated) {
      throw TensorException.at(
          "this %s was donated to %s, which may have overwritten it; use what that call returned, or compile without donating"
              .formatted(place.type, donated.call));
    }
    return elements;
  }

  /// Gives the elements away to a call, which may overwrite them; using this value later is an
  /// error that names the call.
  ///
  /// @return whether nothing else refers to them
  boolean donate(Donated call) {
    stored = call;
    return exclusive;
  }

  /// Whether this call took the elements.
  boolean takenBy(Donated call) {
    return stored == call;
  }

  /// The call that took the elements of a value, by what it is called in messages.
  static final class Donated {
    private final String call;

    Donated(String call) {
      this.call = call;
    }
  }

  /// The elements as a Java array in row-major order, which nobody may write.
  Object array() {
    Object elements = stored();
    return place.backend.isPresent() ? place.backend.get().download(elements) : elements;
  }

  /// The same elements on a backend.
  Value moveTo(Backend target) {
    if (place.backend.isPresent() && place.backend.get().equals(target)) {
      return this;
    }
    exclusive = false;
    return new Value(new Place(place.type, Optional.of(target)), target.upload(array()));
  }

  /// Runs an operator on values.
  static Value run(Op op, Tensor[] in) {
    TensorType[] types = new TensorType[in.length];
    Optional<Backend> place = Optional.empty();
    for (int i = 0; i < in.length; i++) {
      Value value = (Value) in[i];
      types[i] = value.type();
      place = common(place, value.backend());
    }
    TensorType result = op.result(types);
    Backend backend = place.isPresent() ? place.get() : Backend.standard();
    Operand[] operands = new Operand[in.length];
    for (int i = 0; i < in.length; i++) {
      Value value = (Value) in[i];
      Object own = value.backend().isPresent() ? value.stored() : backend.upload(value.stored());
      operands[i] = new Operand(value.type(), own);
    }
    Object stored = backend.run(op, operands, result);
    for (int i = 0; i < in.length; i++) {
      if (operands[i].stored() == stored) {
        ((Value) in[i]).exclusive = false; // as of a reshape
      }
    }
    Optional<Backend> owner = owner(place);
    return new Value(
        new Place(result, owner), owner.isPresent() ? stored : backend.download(stored));
  }

  /// The backend that results belong to, given that of the operands.
  static Optional<Backend> owner(Optional<Backend> operands) {
    return operands.isPresent() || Backend.standard().storesArrays()
        ? operands
        : Optional.of(Backend.standard());
  }

  /// The one backend of two tensors of which each may have none.
  static Optional<Backend> common(Optional<Backend> first, Optional<Backend> second) {
    if (first.isPresent() && second.isPresent() && !first.equals(second)) {
      throw new Mismatch(
          "the operands are on two backends, '%s' and '%s'; move one with on(backend)"
              .formatted(first.get().name(), second.get().name()));
    }
    return second.isPresent() ? second : first;
  }

  @Override
  public String toString() {
    Object elements = stored;
    return elements instanceof Donated donated
        ? place.type + " (donated to " + donated.call + ")"
        : Printing.text(place.type, array());
  }
}
