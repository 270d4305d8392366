package nestor.train;

import java.util.List;
import java.util.Locale;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/// A mean with its 95 % confidence interval, mean ± halfWidth, by Student's t distribution.
///
/// @param mean the mean
/// @param halfWidth t₀.₉₇₅,ₙ₋₁ · s / √n with the sample's standard deviation s; NaN for one figure
public record Interval(double mean, double halfWidth) {
  /// The interval of figures, at least one.
  public static Interval of(List<Double> figures) {
    SummaryStatistics statistics = new SummaryStatistics();
    figures.forEach(statistics::addValue);
    int n = figures.size();
    if (n == 0) {
      throw new IllegalArgumentException("an interval needs at least one figure");
    }
    if (n == 1) {
      return new Interval(statistics.getMean(), Double.NaN);
    }
    double t = new TDistribution(n - 1).inverseCumulativeProbability(0.975);
    return new Interval(statistics.getMean(), t * statistics.getStandardDeviation() / Math.sqrt(n));
  }

  /// `mean ± halfWidth` with so many decimals; the mean alone where there is no width.
  public String toString(int decimals) {
    String number = "%." + decimals + "f";
    if (Double.isNaN(halfWidth)) {
      return String.format(Locale.ROOT, number, mean);
    }
    return String.format(Locale.ROOT, number + " ± " + number, mean, halfWidth);
  }
}
