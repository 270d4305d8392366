package nestor.bench;

import java.util.Iterator;
import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// How far a result is from the same by another road.
///
/// @param where what deviates most
/// @param road the other road
/// @param error max|result − other| / max|other|; infinite where the result is not finite
/// @param bound the largest error that passes
public record Deviation(String where, String road, double error, double bound) {

  /// Whether the result may be timed.
  public boolean passes() {
    return error <= bound;
  }

  /// The leaf of a tree that deviates most from the same leaf of another one.
  public static Deviation of(Object tree, Object other, String road, double bound) {
    Deviation worst = new Deviation("", road, 0, bound);
    Iterator<Tensor> others = Tree.leaves(other).iterator();
    for (Map.Entry<String, Tensor> leaf : Tree.toMap(tree).entrySet()) {
      double error = error(leaf.getValue().toDoubles(), others.next().toDoubles());
      if (error > worst.error()) {
        worst = new Deviation(leaf.getKey(), road, error, bound);
      }
    }
    return worst;
  }

  static double error(double[] result, double[] other) {
    if (result.length != other.length) {
      return Double.POSITIVE_INFINITY;
    }
    double largest = 0;
    double error = 0;
    for (int i = 0; i < result.length; i++) {
      double distance = Math.abs(result[i] - other[i]);
      error = Double.isNaN(distance) ? Double.POSITIVE_INFINITY : Math.max(error, distance);
      largest = Math.max(largest, Math.abs(other[i]));
    }
    return error == 0 ? 0 : error / largest;
  }
}
