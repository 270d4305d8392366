package nestor.meta;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.meta.Firing.Turn;
import nestor.meta.MetaOptimizer.Figures;
import nestor.meta.MetaOptimizer.State;

/// The training of a nested learner on one objective, step by step: picks what fires by the number
/// of the step, and reads the figures.
///
/// It holds no state but plans, so any number of learners may share it, in any threads.
///
/// @param <P> the parameters, a tree
/// @param <D> the data of a step, such as a sample or the key to draw it from, a tree
public final class Training<P, D> {
  private final MetaOptimizer optimizer;
  private final BiFunction<P, D, Tensor> objective;
  private final BiFunction<State<P>, Turns<D>, MetaOptimizer.Step<P>> step;

  private record Turns<D>(Firing firing, D data) {}

  private Training(
      MetaOptimizer optimizer,
      BiFunction<P, D, Tensor> objective,
      BiFunction<State<P>, Turns<D>, MetaOptimizer.Step<P>> step) {
    this.optimizer = optimizer;
    this.objective = objective;
    this.step = step;
  }

  /// Training by compiled steps: one plan for each [Firing] and shape of the data, made when it is
  /// first needed. A step consumes the state that it starts from, which must not be used any more.
  ///
  /// @param objective the loss of parameters on data; what it captures is constant
  public static <P, D> Training<P, D> compiled(
      MetaOptimizer optimizer, BiFunction<P, D, Tensor> objective) {
    return new Training<>(
        optimizer, objective, Transform.compile(steps(optimizer, objective)).donating());
  }

  /// Training operator by operator, of which every value can be looked at.
  ///
  /// @param objective the loss of parameters on data
  public static <P, D> Training<P, D> eager(
      MetaOptimizer optimizer, BiFunction<P, D, Tensor> objective) {
    return new Training<>(optimizer, objective, steps(optimizer, objective));
  }

  private static <P, D> BiFunction<State<P>, Turns<D>, MetaOptimizer.Step<P>> steps(
      MetaOptimizer optimizer, BiFunction<P, D, Tensor> objective) {
    return (now, turns) ->
        optimizer.step(now, turns.firing, params -> objective.apply(params, turns.data));
  }

  /// The levels and what writes them.
  public MetaOptimizer optimizer() {
    return optimizer;
  }

  /// The state before the first step.
  ///
  /// @param key where the generator and the momentum memories are drawn from
  /// @param params what the levels write; each leaf belongs to exactly one level
  /// @param first the data that the first step learns from
  public State<P> start(Key key, P params, D first) {
    P own = Transform.stopGradient(params); // the first step may consume these
    return optimizer.start(key, own, p -> objective.apply(p, first));
  }

  /// What a step did at one level.
  ///
  /// @param name the level's name
  /// @param turn whether it wrote
  /// @param rate what the directions were multiplied by, 0 where it did not write
  /// @param momentum the momentum of the write, 0 where it did not write
  /// @param gradNorm the norm of the level's share of the gradient
  /// @param writes how often it has written, this step included
  public record LevelFigures(
      String name, Turn turn, double rate, double momentum, double gradNorm, long writes) {}

  /// The result of a step.
  ///
  /// @param next the state after it
  /// @param loss the loss before the writes
  /// @param metaLoss the loss on the next data after them
  /// @param metaGradNorm the norm of the generator's gradient
  /// @param levels what happened at each level
  public record Step<P>(
      State<P> next,
      double loss,
      double metaLoss,
      double metaGradNorm,
      List<LevelFigures> levels) {}

  /// Every level whose period is over writes, and the generator learns from what that does to the
  /// loss on the next data.
  public Step<P> step(State<P> now, D next) {
    long number = (long) now.step().item() + 1;
    Firing firing = optimizer.firing(number);
    MetaOptimizer.Step<P> taken = step.apply(now, new Turns<>(firing, next));
    Figures figures = taken.figures();
    return new Step<>(
        taken.next(),
        figures.loss().item(),
        figures.metaLoss().item(),
        figures.metaGradNorm().item(),
        levels(number, firing, figures));
  }

  private List<LevelFigures> levels(long number, Firing firing, Figures figures) {
    double[] logs = figures.observation().toDoubles();
    List<LevelFigures> levels = new ArrayList<>();
    int writers = 0;
    for (int i = 0; i < firing.levels().size(); i++) {
      Level level = optimizer.levels().levels().get(i);
      double norm = Math.exp(logs[2 * i + 1]);
      long writes = number / level.period();
      Turn turn = firing.levels().get(i);
      levels.add(
          switch (turn) {
            case WAITS -> new LevelFigures(level.name(), turn, 0, 0, norm, writes);
            case WRITES -> {
              double rate = figures.rates().get(writers).item();
              double momentum = figures.momenta().get(writers++).item();
              yield new LevelFigures(level.name(), turn, rate, momentum, norm, writes);
            }
          });
    }
    return levels;
  }
}
