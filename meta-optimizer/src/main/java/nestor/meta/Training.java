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

/// The training of a nested learner, step by step: picks what fires by the number of the step, and
/// reads the figures.
///
/// It holds no state but plans, so any number of learners may share it, in any threads.
///
/// @param <P> the parameters, a tree
/// @param <D> the data of a step, such as a sample or the key to draw it from, a tree
public final class Training<P, D> {
  private final MetaOptimizer optimizer;
  private final Objectives<P, D> objectives;
  private final BiFunction<State<P>, Turns<D>, MetaOptimizer.Window<P>> window;

  private record Turns<D>(List<Firing> firings, List<D> data) {}

  private Training(
      MetaOptimizer optimizer,
      Objectives<P, D> objectives,
      BiFunction<State<P>, Turns<D>, MetaOptimizer.Window<P>> window) {
    this.optimizer = optimizer;
    this.objectives = objectives;
    this.window = window;
  }

  /// Training by compiled steps: one plan for each [Firing] and shape of the data, made when it is
  /// first needed. A step consumes the state that it starts from, which must not be used any more.
  ///
  /// @param objective the loss of parameters on data; what it captures is constant
  public static <P, D> Training<P, D> compiled(
      MetaOptimizer optimizer, BiFunction<P, D, Tensor> objective) {
    return compiled(optimizer, Objectives.of(objective));
  }

  /// Training by compiled steps, with objectives of their own for some levels.
  public static <P, D> Training<P, D> compiled(
      MetaOptimizer optimizer, Objectives<P, D> objectives) {
    return new Training<>(
        optimizer, objectives, Transform.compile(windows(optimizer, objectives)).donating());
  }

  /// Training operator by operator, of which every value can be looked at.
  ///
  /// @param objective the loss of parameters on data
  public static <P, D> Training<P, D> eager(
      MetaOptimizer optimizer, BiFunction<P, D, Tensor> objective) {
    return eager(optimizer, Objectives.of(objective));
  }

  /// Training operator by operator, with objectives of their own for some levels.
  public static <P, D> Training<P, D> eager(MetaOptimizer optimizer, Objectives<P, D> objectives) {
    return new Training<>(optimizer, objectives, windows(optimizer, objectives));
  }

  private static <P, D> BiFunction<State<P>, Turns<D>, MetaOptimizer.Window<P>> windows(
      MetaOptimizer optimizer, Objectives<P, D> objectives) {
    return (now, turns) -> optimizer.window(now, turns.firings, objectives, turns.data);
  }

  /// The levels and what writes them.
  public MetaOptimizer optimizer() {
    return optimizer;
  }

  /// What the levels descend on.
  public Objectives<P, D> objectives() {
    return objectives;
  }

  /// The state before the first step.
  ///
  /// @param key where the generator and the momentum memories are drawn from
  /// @param params what the levels write; each leaf belongs to exactly one level
  /// @param first the data that the first step learns from
  public State<P> start(Key key, P params, D first) {
    P own = Transform.stopGradient(params); // the first step may consume these
    return optimizer.start(key, own, objectives, first);
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
  /// @param next the state after it, or after its window
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
  /// loss on the next data. For a horizon of 1; see [#window] for longer ones.
  public Step<P> step(State<P> now, D next) {
    return window(now, List.of(next)).getLast();
  }

  /// The steps of a window, at whose end the generator learns.
  ///
  /// @param next the data that follow each step, as many as the horizon has steps
  /// @return what each step did; the states of all are that after the window
  public List<Step<P>> window(State<P> now, List<D> next) {
    long first = (long) now.step().item() + 1;
    List<Firing> firings = optimizer.firings(first);
    MetaOptimizer.Window<P> taken = window.apply(now, new Turns<>(firings, next));
    List<Step<P>> steps = new ArrayList<>();
    for (int k = 0; k < firings.size(); k++) {
      Figures figures = taken.figures().get(k);
      steps.add(
          new Step<>(
              taken.next(),
              figures.loss().item(),
              figures.metaLoss().item(),
              figures.metaGradNorm().item(),
              levels(first + k, firings.get(k), figures)));
    }
    return List.copyOf(steps);
  }

  /// The paths of the meta-gradient of a window, each measured; computed eagerly, and nothing is
  /// consumed.
  ///
  /// @param next the data that follow each step, as many as the horizon has steps
  public List<MetaPath> paths(State<P> now, List<D> next) {
    List<Firing> firings = optimizer.firings((long) now.step().item() + 1);
    return new MetaPaths<>(optimizer, now, firings, objectives, next).all();
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
