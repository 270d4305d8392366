package nestor.bench.jmh;

import java.util.stream.Stream;

/// Sizes as JMH's parameters, which are strings.
final class Sizes {
  private Sizes() {}

  /// The numbers of `8x64x32`.
  static int[] of(String sizes) {
    return Stream.of(sizes.split("x")).mapToInt(Integer::parseInt).toArray();
  }
}
