package nestor.autodiff;

import java.util.List;

/// An operator with operands from its domain.
///
/// @param op the operator
/// @param inputs operands that it accepts, away from its kinks and poles
public record Sample(Op op, List<Tensor> inputs) {
  /// A sample with these operands.
  public static Sample of(Op op, Tensor... inputs) {
    return new Sample(op, List.of(inputs));
  }

  /// The operator's result.
  public Tensor run() {
    return run(inputs);
  }

  /// The operator's result on other operands, such as traced ones.
  public Tensor run(List<Tensor> operands) {
    return Dispatch.apply(op, operands.toArray(Tensor[]::new));
  }

  /// This sample on a backend.
  public Sample on(Backend backend) {
    return new Sample(op, inputs.stream().map(input -> input.on(backend)).toList());
  }

  /// The operator and its operands' types, as in `add(float64[3, 1], float64[5])`.
  @Override
  public String toString() {
    return (op instanceof Enum<?> ? op.label() : op.toString())
        + inputs.stream().map(Tensor::type).toList();
  }
}
