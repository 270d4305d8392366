package nestor.autodiff;

/// A mistake in the use of tensors: the message names the operator, its operands and the line of
/// the caller's own code.
public final class TensorException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// An error with a message that is whole as it stands.
  public TensorException(String message) {
    super(message);
  }

  /// An error about an operator and its operands, with the line of the caller's own code.
  static TensorException of(String operator, String what, Tensor... operands) {
    return of(operator, what, Dispatch.types(operands));
  }

  /// The same, of operands of which the types are known.
  static TensorException of(String operator, String what, TensorType[] operands) {
    StringBuilder text = new StringBuilder(operator).append('(');
    for (int i = 0; i < operands.length; i++) {
      text.append(i == 0 ? "" : ", ").append(operands[i]);
    }
    return at(text.append("): ").append(what).toString());
  }

  /// An error with the line of the caller's own code behind the message.
  public static TensorException at(String message) {
    return new TensorException(message + "\n  at " + CallerLine.find());
  }

  /// What went wrong, which is never left out.
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
