package nestor.train.conformance;

import java.util.OptionalDouble;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.train.Mode;

/// How reference cases are checked.
///
/// @param backend what runs them
/// @param mode how functions run
/// @param dtype the element type they run in
/// @param tolerance the largest error that passes, where it is not the default
public record Conditions(Backend backend, Mode mode, DType dtype, OptionalDouble tolerance) {
  private static final double OPERATORS_FLOAT64 = 1e-8;
  private static final double OPERATORS_FLOAT32 = 1e-3;
  private static final double TRACES = 1e-6;

  /// The largest error of an operator or mechanism that passes.
  double operatorTolerance() {
    return tolerance.orElse(dtype == DType.FLOAT64 ? OPERATORS_FLOAT64 : OPERATORS_FLOAT32);
  }

  /// The largest error of a program's trace that passes.
  double traceTolerance() {
    return tolerance.orElse(TRACES);
  }

  /// A tensor of a file as these conditions want it.
  Tensor here(Tensor tensor) {
    return tensor.dtype().isFloat() && tensor.dtype() != dtype
        ? tensor.cast(dtype).on(backend)
        : tensor.on(backend);
  }

  /// The distance of a result from its reference; one of another element type is infinitely far.
  Deviation compare(String what, Tensor ours, Tensor reference) {
    return ours.dtype() == dtype
        ? Deviation.between(what, ours, reference)
        : Deviation.incomparable(what, "is %s instead of %s".formatted(ours.dtype(), dtype));
  }
}
