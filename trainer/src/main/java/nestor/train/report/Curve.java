package nestor.train.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// One metric over the steps. However long the run, it holds a bounded number of points: beyond
/// that, of each few neighbours only the lowest and the highest.
final class Curve {
  /// Runs of 100,000 steps are held whole.
  static final int MOST = 1 << 17;

  private static final int FEWEST_TO_SMOOTH = 200;
  private static final double SHARE_OF_WINDOW = 0.02;
  private static final int SMALLEST_REACH = 5;
  private static final int SMOOTHED_POINTS = 400;
  private static final int LARGEST_WINDOW = 2000; // of a larger one, evenly spread values

  private List<Point> points = new ArrayList<>();
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;
  private double beforeLast = Double.NaN;
  private double last = Double.NaN;
  private long turns;
  private long count;
  private long firstIndex = -1;
  private long lastIndex;
  private long broken;
  private long firstBroken;

  /// Appends a value.
  ///
  /// @param index the number of the step among those that were measured
  void add(long index, long step, double value) {
    if (firstIndex < 0) {
      firstIndex = index;
    } else if (index > lastIndex + 1) {
      put(new Point(step, Double.NaN));
    }
    lastIndex = index;
    put(new Point(step, value));
    count++;
    if (Double.isFinite(value)) {
      min = Math.min(min, value);
      max = Math.max(max, value);
      if ((last - beforeLast) * (value - last) < 0) {
        turns++;
      }
      beforeLast = last;
      last = value;
    } else if (broken++ == 0) {
      firstBroken = step;
    }
  }

  private void put(Point point) {
    if (points.size() >= MOST) {
      points = thinned(points, MOST / 2);
    }
    points.add(point);
  }

  /// How many values there are.
  long count() {
    return count;
  }

  /// Whether it was measured at less than every second step, as a slow level is.
  boolean isSparse() {
    return count > 1 && lastIndex - firstIndex >= 2 * (count - 1);
  }

  /// Whether it goes up and down so often that its trend is hard to see.
  boolean isNoisy() {
    return count >= FEWEST_TO_SMOOTH && turns > count / 4;
  }

  /// Whether a logarithmic scale suits it: all is positive, and spans more than two decades.
  boolean isLogarithmic() {
    return min > 0 && max > 100 * min;
  }

  /// The first step whose value was NaN or infinite.
  Optional<Long> firstBroken() {
    return broken == 0 ? Optional.empty() : Optional.of(firstBroken);
  }

  /// How many values were NaN or infinite.
  long broken() {
    return broken;
  }

  /// How many values a logarithmic scale cannot show.
  long notPositive() {
    return points.stream().filter(point -> !point.isGap() && point.value() <= 0).count();
  }

  /// At most about so many points in the order of their steps, the extremes among them. Where the
  /// curve is sparse, what lies between its points is no gap.
  List<Point> points(int most) {
    List<Point> inOrder =
        points.stream()
            .filter(point -> !point.isGap() || !isSparse())
            .sorted(Comparator.comparingLong(Point::step))
            .toList();
    return thinned(inOrder, most);
  }

  /// The running median over 2 % of the steps, with a gap where there was nothing for long.
  List<Point> smoothed() {
    List<Point> finite = new ArrayList<>();
    int[] gaps = new int[points.size()]; // before each of the finite ones
    for (Point point : points) {
      if (!point.isGap()) {
        finite.add(point);
      } else if (!isSparse()) {
        gaps[finite.size()]++;
      }
    }
    int stride = Math.max(1, finite.size() / SMOOTHED_POINTS);
    List<Point> medians = new ArrayList<>();
    int missing = 0;
    for (int i = 0; i < finite.size(); i++) {
      missing += gaps[i];
      if (i % stride == 0) {
        if (missing > stride) {
          medians.add(new Point(finite.get(i).step(), Double.NaN));
        }
        medians.add(new Point(finite.get(i).step(), median(finite, i)));
        missing = 0;
      }
    }
    return medians;
  }

  private static double median(List<Point> finite, int centre) {
    int reach = Math.max(SMALLEST_REACH, (int) (finite.size() * SHARE_OF_WINDOW / 2));
    int spread = Math.max(1, 2 * reach / LARGEST_WINDOW);
    int from = Math.max(0, centre - reach);
    int to = Math.min(finite.size() - 1, centre + reach);
    double[] window = new double[(to - from) / spread + 1];
    for (int i = 0; i < window.length; i++) {
      window[i] = finite.get(from + i * spread).value();
    }
    Arrays.sort(window);
    return window[window.length / 2];
  }

  /// The lowest and the highest of each few neighbours, and a gap behind them if there was one; and
  /// the two ends.
  static List<Point> thinned(List<Point> points, int most) {
    if (points.size() <= most) {
      return List.copyOf(points);
    }
    int perBucket = Math.ceilDiv(points.size(), Math.max(1, most / 2));
    List<Point> kept = new ArrayList<>(most + most / 2);
    kept.add(points.getFirst());
    for (int from = 1; from < points.size() - 1; from += perBucket) {
      keep(points.subList(from, Math.min(points.size() - 1, from + perBucket)), kept);
    }
    kept.add(points.getLast());
    return kept;
  }

  private static void keep(List<Point> bucket, List<Point> kept) {
    Point lowest = null;
    Point highest = null;
    Point gap = null;
    for (Point point : bucket) {
      if (point.isGap()) {
        gap = point;
        continue;
      }
      lowest = lowest == null || point.value() < lowest.value() ? point : lowest;
      highest = highest == null || point.value() > highest.value() ? point : highest;
    }
    if (lowest != null && highest != null) {
      boolean isLowestFirst = lowest.step() <= highest.step();
      kept.add(isLowestFirst ? lowest : highest);
      if (!lowest.equals(highest)) {
        kept.add(isLowestFirst ? highest : lowest);
      }
    }
    if (gap != null) {
      kept.add(gap);
    }
  }
}
