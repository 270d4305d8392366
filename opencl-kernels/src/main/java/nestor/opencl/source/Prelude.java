package nestor.opencl.source;

/// What stands before every kernel.
public final class Prelude {
  private static final String TEXT = Resource.text("prelude.cl");

  private Prelude() {}

  /// The text.
  public static String text() {
    return TEXT;
  }
}
