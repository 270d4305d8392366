package nestor.meta;

import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import nestor.autodiff.Tensor;

/// Optimizers whose hyper-parameters a level replaces, also inside those that wrap others.
final class Hyper {
  private Hyper() {}

  /// The optimizer with another momentum, wherever it has one.
  static Optimizer momentum(Optimizer optimizer, Tensor momentum) {
    return switch (optimizer) {
      case Rated rated -> momentum(rated, momentum);
      case Clipped clipped -> new Clipped(momentum(clipped.optimizer(), momentum), clipped.clip());
      case PerPath perPath -> perPath(perPath, rule -> momentum(rule, momentum));
      default -> optimizer;
    };
  }

  private static Rated momentum(Rated optimizer, Tensor momentum) {
    return switch (optimizer) {
      case WithMomentum with -> with.withMomentum(momentum.cast(with.momentum().dtype()));
      case Scheduled scheduled ->
          new Scheduled(momentum(scheduled.optimizer(), momentum), scheduled.schedule());
      default -> optimizer;
    };
  }

  /// Whether the optimizer has a momentum that can be generated.
  static boolean hasMomentum(Optimizer optimizer) {
    return switch (optimizer) {
      case WithMomentum _ -> true;
      case Scheduled scheduled -> hasMomentum(scheduled.optimizer());
      case Clipped clipped -> hasMomentum(clipped.optimizer());
      case PerPath perPath ->
          perPath.rules().stream().anyMatch(rule -> hasMomentum(rule.optimizer()));
      default -> false;
    };
  }

  /// The optimizer with every rate multiplied.
  static Optimizer rate(Optimizer optimizer, double factor) {
    return switch (optimizer) {
      case Rated rated -> rated.withRate(rated.rate().times(factor));
      case Clipped clipped -> new Clipped(rate(clipped.optimizer(), factor), clipped.clip());
      case PerPath perPath -> perPath(perPath, rule -> rate(rule, factor));
      default -> optimizer;
    };
  }

  private static PerPath perPath(PerPath optimizer, UnaryOperator<Optimizer> f) {
    return new PerPath(
        optimizer.rules().stream()
            .map(rule -> new PerPath.Rule(rule.pattern(), f.apply(rule.optimizer())))
            .toList());
  }

  /// What tables call an optimizer.
  static String name(Optimizer optimizer) {
    return switch (optimizer) {
      case DeepMomentumGradientDescent deep ->
          deep.memory().hidden() == 0 ? "momentum" : "deep momentum";
      case Scheduled scheduled -> name(scheduled.optimizer()) + ", scheduled";
      case Clipped clipped -> name(clipped.optimizer()) + ", clipped";
      case PerPath perPath ->
          perPath.rules().stream()
              .map(rule -> name(rule.optimizer()))
              .distinct()
              .collect(Collectors.joining(" and "));
      default -> optimizer.getClass().getSimpleName();
    };
  }
}
