package nestor.autodiff;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Hands operators to the youngest transformation among their operands, or below all of them to the
/// backend.
final class Dispatch {
  /// Counts transformations in the order in which they start; what is compared is only which of the
  /// tensors that meet is younger, so trainings in different threads do not affect each other.
  private static final AtomicLong AGES = new AtomicLong();

  private Dispatch() {}

  static long nextAge() {
    return AGES.incrementAndGet();
  }

  static Tensor apply(Op op, Tensor... in) {
    try {
      Level level = youngest(in);
      return level == null ? Value.run(op, in) : level.apply(op, in);
    } catch (Mismatch mismatch) {
      throw TensorException.of(op.label(), mismatch.getMessage(), in);
    }
  }

  /// What a rule gives, or its mismatch as an error about an operator and its operands.
  static <T> T naming(String operator, Supplier<T> rule, Tensor... operands) {
    try {
      return rule.get();
    } catch (Mismatch mismatch) {
      throw TensorException.of(operator, mismatch.getMessage(), operands);
    }
  }

  static Tensor[] call(Call call, Tensor[] in) {
    Level level = youngest(in);
    return level == null ? call.run(in) : level.call(call, in);
  }

  private static @Nullable Level youngest(Tensor[] in) {
    @Nullable Level youngest = Recorder.takingAll();
    for (Tensor tensor : in) {
      Level level = levelOf(tensor);
      if (level != null && (youngest == null || level.age() > youngest.age())) {
        youngest = level;
      }
    }
    if (youngest != null && !youngest.open()) {
      throw leak(youngest);
    }
    return youngest;
  }

  /// The level that a tensor belongs to, or null for a value.
  static @Nullable Level levelOf(Tensor tensor) {
    return switch (tensor) {
      case Value value -> null;
      case Traced traced -> traced.tape();
      case Batched batched -> batched.batch();
      case Symbol symbol -> symbol.recorder();
    };
  }

  private static TensorException leak(Level level) {
    return TensorException.at(
        "a tensor was used after the call of %s in which it was computed had returned; return it from the function instead of storing it elsewhere"
            .formatted(level.label()));
  }

  /// The value of a tensor whose elements are known here and now.
  static Value read(Tensor tensor, String operation) {
    Level level = levelOf(tensor);
    if (level != null && !level.open()) {
      throw leak(level);
    }
    return switch (tensor) {
      case Value value -> value;
      case Traced traced -> read(traced.primal(), operation);
      case Batched batched ->
          throw TensorException.at(
              "%s: this %s has another value for each of the %d examples that vmap maps over; return it from the function and read it outside, or use where instead of branching"
                  .formatted(operation, batched.type(), batched.batch().size()));
      case Symbol symbol ->
          throw TensorException.at(
              "%s: this %s has no value while %s traces the function; use where instead of branching on it"
                  .formatted(operation, symbol.type(), symbol.recorder().label()));
    };
  }

  /// A constant on the backend of a tensor.
  static Tensor beside(Tensor tensor, Tensor constant) {
    return switch (tensor) {
      case Value value -> value.backend().map(constant::on).orElse(constant);
      case Traced traced -> beside(traced.primal(), constant);
      case Batched batched -> beside(batched.physical(), constant);
      case Symbol symbol -> constant;
    };
  }

  /// Whether results on the tensor's backend are checked, see [Backend#checkingFinite].
  static boolean isChecked(Tensor tensor) {
    return switch (tensor) {
      case Value value -> value.backend().filter(FiniteCheck.class::isInstance).isPresent();
      case Traced traced -> isChecked(traced.primal());
      case Batched batched -> isChecked(batched.physical());
      case Symbol symbol -> symbol.recorder().keepsLines();
    };
  }

  static TensorType[] types(Tensor[] tensors) {
    TensorType[] types = new TensorType[tensors.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = tensors[i].type();
    }
    return types;
  }
}
