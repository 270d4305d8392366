package nestor.autodiff;

/// What an operator's rule found wrong, before the operator's name, its operands and the caller's
/// line are put around it (see [TensorException]).
final class Mismatch extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String message;

  Mismatch(String message) {
    super(message, null, false, false);
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
