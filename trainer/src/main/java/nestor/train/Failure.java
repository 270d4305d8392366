package nestor.train;

/// What the user can put right: the message is one clear sentence that says how, and the command
/// line prints nothing but that.
public final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// A failure with its sentence.
  public Failure(String sentence) {
    super(sentence);
  }

  /// A failure with its sentence and what caused it.
  public Failure(String sentence, Throwable cause) {
    super(sentence, cause);
  }

  /// What went wrong, which is never left out.
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
