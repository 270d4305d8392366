package nestor.autodiff.check;

import static nestor.autodiff.Transform.vjp;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import nestor.autodiff.Transform;
import nestor.autodiff.Tree;

/// Compares derivatives of any order with finite differences of the order below.
///
/// With random directions v₁, v₂, … let φ₀ = ⟨c, f⟩ for a random c and φₖ = ⟨∇φₖ₋₁, vₖ⟩. The check
/// of order k compares φₖ with the central difference of φₖ₋₁ along vₖ, of fourth order in the step
/// h: (8 (φ(h) − φ(−h)) − φ(2h) + φ(−2h)) / 12h. Works in `float64`; f must be smooth around the
/// point.
///
/// @param step the step h of the differences
/// @param tolerance the largest |difference − φₖ| / max(1, |φₖ|) that passes
public record GradientCheck(double step, double tolerance) {
  /// A step of 1e-3 and a tolerance of 1e-7.
  public static final GradientCheck STANDARD = new GradientCheck(1e-3, 1e-7);

  /// What a check of one order saw.
  ///
  /// @param order the order of differentiation
  /// @param derivative φₖ as differentiated
  /// @param difference φₖ as estimated
  /// @param error |difference − derivative| / max(1, |derivative|)
  public record Result(int order, double derivative, double difference, double error) {}

  /// Checks orders 1 to `order` of a function of a tree of `float64` tensors.
  ///
  /// @throws TensorException if an order fails, with both numbers
  public <T> List<Result> check(Function<T, ?> f, T at, int order, Key key) {
    List<Result> results = measure(f, at, order, key);
    for (Result result : results) {
      if (!(result.error <= tolerance)) {
        throw new TensorException(
            "derivative of order %d: %.12g by differentiation, but %.12g by finite differences (error %.3g, tolerance %.3g)"
                .formatted(
                    result.order, result.derivative, result.difference, result.error, tolerance));
      }
    }
    return results;
  }

  /// The errors of orders 1 to `order`, whether they pass or not.
  public <T> List<Result> measure(Function<T, ?> f, T at, int order, Key key) {
    Object c = randomLike(f.apply(at), key.fold("cotangent"));
    Function<T, Tensor> phi = tree -> inner(f.apply(tree), c);
    List<Result> results = new ArrayList<>();
    for (int k = 1; k <= order; k++) {
      T direction = randomLike(at, key.fold(k));
      Function<T, Tensor> below = phi;
      Function<T, Tensor> above = tree -> inner(gradient(below, tree), direction);
      double derivative = above.apply(at).item();
      double difference =
          (8 * (along(below, at, direction, step) - along(below, at, direction, -step))
                  - along(below, at, direction, 2 * step)
                  + along(below, at, direction, -2 * step))
              / (12 * step);
      double error = Math.abs(difference - derivative) / Math.max(1, Math.abs(derivative));
      results.add(new Result(k, derivative, difference, error));
      phi = above;
    }
    return results;
  }

  private static <T> double along(Function<T, Tensor> f, T at, T direction, double distance) {
    return f.apply(Tree.zip(at, direction, (x, v) -> x.plus(v.times(distance)))).item();
  }

  private static <T> T gradient(Function<T, Tensor> f, T at) {
    Transform.Vjp<T, Tensor> out = vjp(f, at);
    return out.pullback().apply(out.value().onesLike());
  }

  private static Tensor inner(Object tree, Object other) {
    List<Tensor> others = Tree.leaves(other);
    List<Tensor> leaves = Tree.leaves(tree);
    Tensor sum = leaves.getFirst().constant(0);
    for (int i = 0; i < leaves.size(); i++) {
      if (!leaves.get(i).type().equals(others.get(i).type())) {
        throw new TensorException(
            "a gradient has the type %s instead of %s"
                .formatted(leaves.get(i).type(), others.get(i).type()));
      }
      sum = sum.plus(leaves.get(i).dot(others.get(i)));
    }
    return sum;
  }

  private static <T> T randomLike(T tree, Key key) {
    return Tree.mapWithPath(
        tree, (path, leaf) -> key.fold("at " + path).normal(leaf.dtype(), leaf.shape().toArray()));
  }
}
