package nestor.meta;

import static nestor.autodiff.Transform.vjp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.meta.Level.ThroughWrites;
import nestor.meta.MetaOptimizer.State;
import nestor.meta.MetaPath.Mark;
import nestor.meta.StepGenerator.Generated;
import nestor.meta.Walk.Done;
import nestor.meta.Walk.Place;

/// Finds and measures the paths of one window's meta-gradient.
///
/// What is generated for each step gets an offset of 0. The gradient for one number of an offset,
/// all that comes later included, times the derivative of that number for the generator's
/// parameters is what comes along one path; their sum is the meta-gradient. What enters the window
/// gets gradients that training does not compute: those are what truncation cuts.
final class MetaPaths<P, D> {
  private static final double FLAT = 1e-3;

  private final MetaOptimizer optimizer;
  private final State<P> now;
  private final List<Firing> firings;
  private final List<Done> steps;
  private final Taps taps;

  /// Gradients of √(L' + L̄).
  ///
  /// @param generated for what was generated at each step
  /// @param entry for what enters the window, by path
  private record Taps(List<Generated> generated, Map<String, Tensor> entry) {}

  /// What comes along one path.
  ///
  /// @param step of the window, counted from 0
  /// @param level its position
  /// @param what was generated: `rate`, `momentum` or `scale`
  record Contribution(int step, int level, String what, StepGenerator gradient) {
    private double strength(String leaf) {
      return Tree.norm(Objects.requireNonNull(Tree.toMap(gradient).get(leaf))).item();
    }
  }

  MetaPaths(
      MetaOptimizer optimizer,
      State<P> now,
      List<Firing> firings,
      Objectives<P, D> objectives,
      List<D> data) {
    this.optimizer = optimizer;
    this.now = now;
    this.firings = firings;
    Walk<P, D> walk = new Walk<>(optimizer.levels(), objectives);
    StepGenerator generator = now.generator().params();
    P zero = Tree.map(now.params(), Tensor::zerosLike);
    var plain = walk.ahead(now.place(), (k, f) -> generator.at(f), zero, firings, data);
    steps = plain.aux().steps();
    Map<String, Tensor> entry = new LinkedHashMap<>(Tree.toMap(now.place()));
    entry.values().removeIf(leaf -> !leaf.dtype().isFloat());
    List<Generated> none =
        steps.stream()
            .map(step -> Tree.map(generator.at(features(step)), Tensor::zerosLike))
            .toList();
    var outer =
        vjp(
            (Taps t) -> {
              Place<P> place =
                  Tree.mapWithPath(now.place(), (path, leaf) -> t.entry().getOrDefault(path, leaf));
              return walk.ahead(
                      place,
                      (k, f) -> Tree.zip(generator.at(f), t.generated().get(k), Tensor::plus),
                      zero,
                      firings,
                      data)
                  .value();
            },
            new Taps(none, entry));
    Tensor root = optimizer.root(steps.getFirst(), outer.value());
    taps = outer.pullback().apply(root.reciprocal());
  }

  private static Tensor features(Done step) {
    return step.seen().flow().features();
  }

  private long number(int step) {
    return (long) now.step().item() + 1 + step;
  }

  /// What comes along each path through a write, for all writes of the window.
  List<Contribution> contributions() {
    List<Contribution> contributions = new ArrayList<>();
    for (int k = 0; k < firings.size(); k++) {
      Tensor features = features(steps.get(k));
      Generated tap = taps.generated().get(k);
      Generated zero = Tree.map(tap, Tensor::zerosLike);
      var pull = vjp((StepGenerator g) -> g.at(features), now.generator().params());
      int group = 0;
      for (int i = 0; i < optimizer.levels().count(); i++) {
        int scales = now.memories().get(i).groupCount() > 0 ? group++ : -1;
        if (!firings.get(k).writes(i)) {
          continue;
        }
        var rate = new Generated(only(tap.step(), i), zero.momentum(), zero.scales());
        var momentum = new Generated(zero.step(), only(tap.momentum(), i), zero.scales());
        contributions.add(new Contribution(k, i, "rate", pull.pullback().apply(rate)));
        contributions.add(new Contribution(k, i, "momentum", pull.pullback().apply(momentum)));
        if (scales >= 0) {
          List<Tensor> own = new ArrayList<>(zero.scales());
          own.set(scales, tap.scales().get(scales));
          var scale = new Generated(zero.step(), zero.momentum(), own);
          contributions.add(new Contribution(k, i, "scale", pull.pullback().apply(scale)));
        }
      }
    }
    return contributions;
  }

  private static Tensor only(Tensor values, int position) {
    return Tensor.stack(
        0,
        IntStream.range(0, values.shape().dim(0))
            .mapToObj(i -> i == position ? values.get(i) : values.get(i).zerosLike())
            .toList());
  }

  /// All paths, those to one parameter beside each other.
  List<MetaPath> all() {
    List<MetaPath> paths = new ArrayList<>();
    List<Contribution> contributions = contributions();
    for (String leaf : Tree.paths(now.generator().params())) {
      double strongest = contributions.stream().mapToDouble(c -> c.strength(leaf)).max().orElse(0);
      contributions.stream()
          .filter(c -> concerns(c.level(), c.what(), leaf))
          .forEach(c -> paths.add(path(c, leaf, strongest)));
      IntStream.range(0, optimizer.levels().count())
          .filter(i -> firings.stream().noneMatch(firing -> firing.writes(i)))
          .forEach(i -> waiting(i, leaf, paths));
    }
    truncated(paths);
    return List.copyOf(paths);
  }

  private Level level(int i) {
    return optimizer.levels().levels().get(i);
  }

  /// Whether what is generated depends on a leaf of the generator.
  private boolean concerns(int level, String what, String leaf) {
    return switch (leaf) {
      case "hidden.weight", "hidden.bias", "head" -> true;
      case "step" -> what.equals("rate");
      case "momentum" -> what.equals("momentum");
      default -> what.equals("scale") && leaf.equals("scales." + scales(level));
    };
  }

  /// The position of a level among those with groups.
  private long scales(int level) {
    return now.memories().subList(0, level).stream().filter(m -> m.groupCount() > 0).count();
  }

  private String name(int level, String leaf) {
    return switch (leaf) {
      case "hidden.weight", "hidden.bias", "head" -> leaf;
      case "step", "momentum" -> leaf + "." + level(level).name();
      default -> "scales." + level(level).name();
    };
  }

  /// @param strongest the strength of the strongest path to the leaf
  private MetaPath path(Contribution c, String leaf, double strongest) {
    double strength = c.strength(leaf);
    String parameter = name(c.level(), leaf);
    String through =
        "%s of %s at step %d".formatted(c.what(), level(c.level()).name(), number(c.step()));
    String severed = strength <= rounding() * strongest ? severed(c, leaf, strength) : "";
    if (!severed.isEmpty()) {
      return new MetaPath(parameter, through, strength, Mark.SEVERED, severed);
    }
    String flat = flat(c, leaf);
    return flat.isEmpty()
        ? new MetaPath(parameter, through, strength, Mark.OPEN, clips(c.step() + 1))
        : new MetaPath(parameter, through, strength, Mark.SATURATED, flat);
  }

  /// Half a unit in the last place of 1.
  private double rounding() {
    return now.loss().dtype() == DType.FLOAT64 ? 0x1p-53 : 0x1p-24;
  }

  private String severed(Contribution c, String leaf, double strength) {
    if (strength != 0) {
      return "0 but for roundings, beside other paths";
    }
    Level level = level(c.level());
    if (level.throughWrites() == ThroughWrites.STOPPED) {
      return "declared: the level is stopped";
    }
    if (c.what().equals("momentum") && !Hyper.hasMomentum(level.optimizer())) {
      return Hyper.name(level.optimizer()) + " has no momentum";
    }
    if (leaf.startsWith("hidden") && Tree.norm(headRow(c.what())).item() == 0) {
      return "the head is 0, as it starts";
    }
    Tensor tap =
        switch (c.what()) {
          case "rate" -> taps.generated().get(c.step()).step().get(c.level());
          case "momentum" -> taps.generated().get(c.step()).momentum().get(c.level());
          default ->
              taps.generated().get(c.step()).scales().get(Math.toIntExact(scales(c.level())));
        };
    return Tree.norm(tap).item() == 0
        ? "exactly 0: the meta-loss does not depend on it here"
        : "exactly 0: what is generated does not depend on it here";
  }

  private Tensor headRow(String what) {
    Tensor head = now.generator().params().head();
    return head.get(
        switch (what) {
          case "rate" -> 0;
          case "momentum" -> 1;
          default -> 2;
        });
  }

  /// Which squashing function on the way is flat.
  private String flat(Contribution c, String leaf) {
    StepGenerator generator = now.generator().params();
    Tensor features = features(steps.get(c.step()));
    if (c.what().equals("momentum")) {
      double momentum = generator.at(features).momentum().get(c.level()).item();
      double slope = momentum * (1 - momentum);
      if (slope < FLAT) {
        return "σ' = %.0e at the momentum %.6f".formatted(slope, momentum);
      }
    }
    if (leaf.startsWith("hidden")) {
      double[] units = generator.hidden().apply(rows(c, features)).tanh().toDoubles();
      long flat =
          IntStream.range(0, units.length).filter(u -> 1 - units[u] * units[u] < FLAT).count();
      if (2 * flat >= units.length) {
        return "tanh' < %.0e in %d of %d hidden units".formatted(FLAT, flat, units.length);
      }
    }
    return "";
  }

  /// Which clips of later gradients change what passes them.
  private String clips(int from) {
    List<String> active = new ArrayList<>();
    for (int k = from; k < steps.size(); k++) {
      for (int i = 0; i < optimizer.levels().count(); i++) {
        if (firings.get(k).writes(i) && isClipped(k, i)) {
          active.add("the clip of %s at step %d is active".formatted(level(i).name(), number(k)));
        }
      }
    }
    return String.join(", ", active);
  }

  private boolean isClipped(int step, int level) {
    if (!(level(level).optimizer() instanceof Clipped clipped)) {
      return false;
    }
    List<Tensor> mean =
        steps.get(step).seen().collected().get(level).gradients().stream()
            .map(g -> g.div(level(level).period()))
            .toList();
    List<Tensor> change = Tree.zip(mean, clipped.clip().apply(mean), Tensor::minus);
    return Tree.norm(change).item() > 0;
  }

  private void waiting(int i, String leaf, List<MetaPath> paths) {
    for (String what : List.of("rate", "momentum", "scale")) {
      boolean isThere = !what.equals("scale") || now.memories().get(i).groupCount() > 0;
      if (isThere && concerns(i, what, leaf)) {
        String why =
            "it writes every %d steps, next at step %d"
                .formatted(
                    level(i).period(),
                    (number(0) + level(i).period() - 1) / level(i).period() * level(i).period());
        String through = "%s of %s".formatted(what, level(i).name());
        paths.add(new MetaPath(name(i, leaf), through, 0, Mark.WAITING, why));
      }
    }
  }

  /// The features that something was generated of: a level's, or for its scales those of its
  /// groups.
  private Tensor rows(Contribution c, Tensor features) {
    if (!c.what().equals("scale")) {
      return features.get(c.level());
    }
    int first = optimizer.levels().count();
    for (int i = 0; i < c.level(); i++) {
      first += now.memories().get(i).groupCount();
    }
    return features.slice(0, first, first + now.memories().get(c.level()).groupCount());
  }

  /// Whether a level has been written before the window, through which gradients would flow.
  private boolean wasWritten(int level) {
    return number(0) > level(level).period()
        && level(level).throughWrites() == ThroughWrites.DIFFERENTIATED;
  }

  /// What enters the window depends on the generator too, through the writes before it.
  private void truncated(List<MetaPath> paths) {
    if (IntStream.range(0, optimizer.levels().count()).noneMatch(this::wasWritten)) {
      return;
    }
    List<String> params = Tree.paths(now.params());
    for (int i = 0; i < optimizer.levels().count(); i++) {
      int level = i;
      List<String> own = now.memories().get(i).leaves().stream().map(params::get).toList();
      String memory = "memories." + i + ".";
      if (wasWritten(i)) {
        cut(
            "parameters of " + level(level).name(),
            path -> own.contains(tail(path, "params.")),
            paths);
        cut("memory of " + level(level).name(), path -> path.startsWith(memory + "course"), paths);
      }
      boolean isActive = firings.getFirst().writes(i) && isClipped(0, i);
      cut(
          "gradients of " + level(level).name() + (isActive ? ", past an active clip" : ""),
          path ->
              own.contains(tail(path, "gradient."))
                  || path.startsWith(memory + "gradients")
                  || path.startsWith(memory + "observed"),
          paths);
    }
    cut("context flow", path -> path.startsWith("flow") || path.startsWith("losses"), paths);
  }

  /// The path after its first component; for a tree that is one tensor there is no other.
  private static String tail(String path, String component) {
    if (path.equals(component.substring(0, component.length() - 1))) {
      return "";
    }
    return path.startsWith(component) ? path.substring(component.length()) : "\0";
  }

  private void cut(String what, Predicate<String> leaves, List<MetaPath> paths) {
    List<Tensor> gradients =
        taps.entry().entrySet().stream()
            .filter(leaf -> leaves.test(leaf.getKey()))
            .map(Map.Entry::getValue)
            .toList();
    double strength = gradients.isEmpty() ? 0 : Tree.norm(gradients).item();
    if (strength != 0) { // what nothing depends on leads nowhere
      paths.add(
          new MetaPath(
              "all, by writes before step " + number(0),
              what,
              strength,
              Mark.TRUNCATED,
              "constant as the window begins"));
    }
  }
}
