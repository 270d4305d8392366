package nestor.meta;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import nestor.autodiff.PathPattern;

/// One level of a nested learner: a part of the parameters with a clock of its own, Behrouz et al.,
/// "Nested Learning" (2025), definition 2 and equation 71.
///
/// A level collects its gradients and writes once every `period` steps, from their mean. The
/// meta-optimizer generates the step size and the momentum of each write: with D for the direction
/// that the optimizer gives, of the shape of the parameter,
///
///     θ ← θ − rate · D(1 / period · Σ g)   after steps period, 2 period, …
///
/// where the rate is the step size in units of Polyak's, see [MetaOptimizer].
///
/// ```java
/// Level fast = Level.of("fast", "fast.**").from(0.05, 0.8);
/// Level slow = Level.of("slow", "slow.**").every(16).by(AdamW.withRate(1));
/// Levels levels = Levels.of(fast, slow);
/// ```
///
/// @param name what tables and metrics call it
/// @param period every how many steps it writes, at least 1
/// @param writes which parameters it writes; each of several patterns is a group, whose scale is
///   generated
/// @param optimizer how gradients become a direction; how far that is gone is generated, so that a
///   single rate above 0 is of no effect (of several, as in a [PerPath], the ratios count), and its
///   momentum, if it is one [WithMomentum], is replaced
/// @param step the step size that generation starts from, in units of Polyak's step, see
///   [MetaOptimizer]
/// @param momentum the momentum that generation starts from, in (0, 1)
/// @param throughWrites whether the meta-loss is differentiated through this level's writes
/// @param objective the name of what it descends on, see [Objectives]; [#SHARED] unless it has one
///   of its own
public record Level(
    String name,
    int period,
    List<PathPattern> writes,
    Optimizer optimizer,
    double step,
    double momentum,
    ThroughWrites throughWrites,
    String objective) {
  /// The name of the objective that levels share.
  public static final String SHARED = "shared";

  /// Whether gradients flow through a level's writes to what generated them.
  public enum ThroughWrites {
    /// The write is differentiated.
    DIFFERENTIATED,
    /// The write is a constant to the levels above.
    STOPPED
  }

  /// A level that makes sense.
  public Level {
    if (period < 1) {
      throw new IllegalArgumentException(
          "the level %s has the period %d; it must be at least 1".formatted(name, period));
    }
    if (writes.isEmpty()) {
      throw new IllegalArgumentException("the level " + name + " writes nothing");
    }
    if (!(step > 0 && Double.isFinite(step)) || !(momentum > 0 && momentum < 1)) {
      throw new IllegalArgumentException(
          ("the level %s starts from the step %s and the momentum %s; "
                  + "the step must be above 0 and finite, the momentum between 0 and 1")
              .formatted(name, step, momentum));
    }
    writes = List.copyOf(writes);
  }

  /// A level that writes the parameters with these paths at every step, by deep momentum with 16
  /// hidden units and five Newton–Schulz iterations, and is differentiated through.
  public static Level of(String name, String... paths) {
    return new Level(
        name,
        1,
        Arrays.stream(paths).map(PathPattern::new).toList(),
        DeepMomentumGradientDescent.withRate(1),
        0.1,
        0.9,
        ThroughWrites.DIFFERENTIATED,
        SHARED);
  }

  /// For each parameter the group that it belongs to: the first pattern that covers it, counted
  /// among those that are the first for some.
  List<Integer> groups(List<String> paths) {
    List<Integer> patterns =
        paths.stream()
            .map(path ->
                IntStream.range(0, writes.size())
                    .filter(i -> writes.get(i).covers(path))
                    .findFirst()
                    .orElseThrow())
            .toList();
    List<Integer> used = patterns.stream().distinct().sorted().toList();
    return patterns.stream().map(used::indexOf).toList();
  }

  /// This level with another period.
  public Level every(int steps) {
    return new Level(name, steps, writes, optimizer, step, momentum, throughWrites, objective);
  }

  /// This level with another optimizer.
  public Level by(Optimizer other) {
    return new Level(name, period, writes, other, step, momentum, throughWrites, objective);
  }

  /// This level with deep momentum of another size.
  public Level by(DeepMomentum memory) {
    return by(DeepMomentumGradientDescent.withRate(1).with(memory));
  }

  /// This level with another start of generation.
  public Level from(double firstStep, double firstMomentum) {
    return new Level(
        name, period, writes, optimizer, firstStep, firstMomentum, throughWrites, objective);
  }

  /// This level with an objective of its own: its gradients, the loss that its steps are in units
  /// of and its context flow are those of this objective.
  public Level on(String ownObjective) {
    return new Level(name, period, writes, optimizer, step, momentum, throughWrites, ownObjective);
  }

  /// This level with its writes constants to the levels above.
  public Level stopped() {
    return new Level(
        name, period, writes, optimizer, step, momentum, ThroughWrites.STOPPED, objective);
  }
}
