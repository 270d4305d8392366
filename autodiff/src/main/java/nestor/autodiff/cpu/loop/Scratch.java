package nestor.autodiff.cpu.loop;

/// Working memory, one per thread.
final class Scratch {
  /// How much a kernel needs.
  ///
  /// @param floats numbers of `float32`
  /// @param floatRows as many rows of `float32` besides
  /// @param doubles numbers of `float64`
  /// @param doubleRows as many rows of `float64` besides
  record Size(int floats, int floatRows, int doubles, int doubleRows) {
    /// Enough for both.
    Size or(Size other) {
      return new Size(
          Math.max(floats, other.floats),
          Math.max(floatRows, other.floatRows),
          Math.max(doubles, other.doubles),
          Math.max(doubleRows, other.doubleRows));
    }
  }

  /// The most columns that a vector step may reach beyond the end of a row.
  static final int BEYOND = 16;

  /// 1, which the JIT does not know.
  int one = 1;

  /// Where loops run that have no code of their own.
  final Block block = new Block();

  float[] floats = {};
  double[] doubles = {};
  final boolean[] truths = new boolean[BEYOND];

  /// The table of rows that have none.
  final int[] strided = {0};

  /// Makes room for a row of so many columns.
  void grow(Size size, int columns) {
    int row = rowLength(columns);
    int wanted = size.floats + size.floatRows * row;
    if (floats.length < wanted) {
      floats = new float[wanted];
    }
    wanted = size.doubles + size.doubleRows * row;
    if (doubles.length < wanted) {
      doubles = new double[wanted];
    }
  }

  /// Elements from one row of the working memory to the next.
  static int rowLength(int columns) {
    return columns + BEYOND;
  }
}
