package nestor.meta;

import static nestor.autodiff.Transform.stopGradient;
import static nestor.autodiff.Transform.valueAndGrad;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import nestor.autodiff.Frozen;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.WithAux;
import nestor.autodiff.Tree;
import nestor.meta.Level.ThroughWrites;
import nestor.meta.StepGenerator.Generated;

/// The steps of a nested learner, as functions of what is generated for them.
///
/// @param levels who writes
/// @param objectives what they descend on
record Walk<P, D>(Levels levels, Objectives<P, D> objectives) {
  /// A learner between two steps, without its generator.
  ///
  /// @param losses of the latest sample at the parameters, by objective
  /// @param gradient each leaf that of its level's objective
  record Place<P>(
      P params,
      Map<String, Tensor> losses,
      P gradient,
      List<LevelState> memories,
      ContextFlow flow) {}

  /// What a step starts from.
  ///
  /// @param observation of each level and group, `[levels + groups, 2]`
  /// @param flow with it
  /// @param collected the memories with the gradient
  record Seen(Tensor observation, ContextFlow flow, List<LevelState> collected) {}

  /// What a step did.
  ///
  /// @param seen what it started from
  /// @param losses before the writes
  /// @param writes for each level its write, or nothing
  record Done(Seen seen, Map<String, Tensor> losses, List<List<LevelState.Write>> writes) {
    Tensor loss() {
      return Objects.requireNonNull(losses.get(Level.SHARED));
    }
  }

  /// Where steps led to.
  ///
  /// @param params the parameters
  /// @param memories what the levels keep
  /// @param steps what was done on the way
  record Trace<P>(P params, List<LevelState> memories, List<Done> steps) {}

  /// Generation for a step.
  interface Generation {
    /// What is generated for a step of a window, counted from 0.
    Generated at(int step, Tensor features);
  }

  /// The loss on the last data after steps that write by the generation, with an offset of the
  /// parameters that it is taken at.
  ///
  /// @param firings for each step who writes
  /// @param data for each step what is looked at after it
  WithAux<Trace<P>> ahead(
      Place<P> start, Generation generation, P offset, List<Firing> firings, List<D> data) {
    Place<P> now = start;
    List<Done> steps = new ArrayList<>();
    for (int k = 0; ; k++) {
      Seen seen = see(now);
      Generated generated = generation.at(k, seen.flow().features());
      List<List<LevelState.Write>> writes = writes(now, seen, generated, firings.get(k));
      P written = written(now, seen, writes);
      List<LevelState> memories = settle(seen.collected(), writes);
      steps.add(new Done(seen, now.losses(), writes));
      if (k == firings.size() - 1) {
        P at = Tree.zip(written, offset, Tensor::plus);
        Tensor metaLoss = objectives.shared().apply(at, data.get(k));
        return new WithAux<>(metaLoss, new Trace<>(written, memories, steps));
      }
      Value<P> shared = value(Level.SHARED, written, data.get(k));
      Trace<P> soFar = new Trace<>(written, memories, steps);
      now = look(shared.value(), shared.gradient(), soFar, data.get(k), seen.flow());
    }
  }

  /// The place before the first step.
  Place<P> start(P params, List<LevelState> memories, D data) {
    Value<P> shared = value(Level.SHARED, params, data);
    ContextFlow none = ContextFlow.of(Tensor.zeros(shared.value().dtype(), 1, 2));
    Place<P> place =
        look(
            shared.value(),
            shared.gradient(),
            new Trace<>(params, memories, List.of()),
            data,
            none);
    Tensor observation = observe(memories, place.losses(), Tree.leaves(place.gradient()));
    return new Place<>(
        params, place.losses(), place.gradient(), memories, ContextFlow.of(observation));
  }

  private record Value<P>(Tensor value, P gradient) {}

  /// The place after a window.
  ///
  /// @param loss of the objective that levels share
  /// @param gradient of this loss
  Place<P> look(Tensor loss, P gradient, Trace<P> trace, D data) {
    return look(loss, gradient, trace, data, trace.steps().getLast().seen().flow());
  }

  private Place<P> look(Tensor loss, P gradient, Trace<P> trace, D data, ContextFlow flow) {
    P params = trace.params();
    Map<String, Tensor> losses = new LinkedHashMap<>();
    losses.put(Level.SHARED, loss);
    List<Tensor> merged = new ArrayList<>(Tree.leaves(gradient));
    for (String name : levels.objectives()) {
      if (name.equals(Level.SHARED)) {
        continue;
      }
      Value<P> own = value(name, params, data);
      losses.put(name, own.value());
      List<Tensor> leaves = Tree.leaves(own.gradient());
      for (int i = 0; i < levels.count(); i++) {
        if (levels.levels().get(i).objective().equals(name)) {
          levels.shares(params).get(i).forEach(leaf -> merged.set(leaf, leaves.get(leaf)));
        }
      }
    }
    return new Place<>(params, losses, Tree.withLeaves(gradient, merged), trace.memories(), flow);
  }

  private Value<P> value(String name, P params, D data) {
    BiFunction<P, D, Tensor> objective = objectives.named(name);
    List<String> foreign = levels.foreign(name, params);
    if (foreign.size() == Tree.paths(params).size()) { // no level descends on it
      return new Value<>(objective.apply(params, data), Tree.map(params, Tensor::zerosLike));
    }
    var found = valueAndGrad((P p) -> objective.apply(p, data), params, new Frozen(foreign));
    return new Value<>(found.value(), found.gradient());
  }

  /// The learner looks at the sample that it stands at.
  Seen see(Place<P> now) {
    List<Tensor> gradient = Tree.leaves(now.gradient());
    Tensor observation = observe(now.memories(), now.losses(), gradient);
    return new Seen(
        observation, now.flow().with(observation), collect(now.memories(), gradient, observation));
  }

  /// The logarithms of the loss and of the gradient norm of each level and of each group, `[levels
  /// + groups, 2]`.
  Tensor observe(List<LevelState> memories, Map<String, Tensor> losses, List<Tensor> gradient) {
    List<Tensor> rows = new ArrayList<>();
    List<Tensor> groups = new ArrayList<>();
    for (int i = 0; i < levels.count(); i++) {
      Tensor loss = Objects.requireNonNull(losses.get(levels.levels().get(i).objective()));
      rows.add(memories.get(i).observe(loss, gradient));
      groups.addAll(memories.get(i).observeGroups(loss, gradient));
    }
    rows.addAll(groups);
    return Tensor.stack(0, rows);
  }

  private List<LevelState> collect(
      List<LevelState> memories, List<Tensor> gradient, Tensor observation) {
    Map<String, Tensor> scales = new LinkedHashMap<>();
    for (String name : levels.objectives()) {
      List<Integer> rows = levels.descending(name);
      Tensor own =
          rows.size() == levels.count()
              ? observation.slice(0, 0, levels.count())
              : Tensor.stack(0, rows.stream().map(observation::get).toList());
      scales.put(name, LevelState.scale(own));
    }
    List<LevelState> collected = new ArrayList<>();
    for (int i = 0; i < levels.count(); i++) {
      Tensor scale = Objects.requireNonNull(scales.get(levels.levels().get(i).objective()));
      collected.add(memories.get(i).collect(gradient, scale));
    }
    return List.copyOf(collected);
  }

  private List<List<LevelState.Write>> writes(
      Place<P> now, Seen seen, Generated generated, Firing firing) {
    List<Tensor> leaves = Tree.leaves(now.params());
    List<List<LevelState.Write>> writes = new ArrayList<>();
    Iterator<Tensor> scales = generated.scales().iterator();
    for (int i = 0; i < levels.count(); i++) {
      LevelState state = seen.collected().get(i);
      Optional<Tensor> scale =
          state.groupCount() == 0 ? Optional.empty() : Optional.of(scales.next());
      if (!firing.writes(i)) {
        writes.add(List.of());
        continue;
      }
      Level level = levels.levels().get(i);
      var write =
          state.write(level, leaves, generated.step().get(i), generated.momentum().get(i), scale);
      boolean isStopped = level.throughWrites() == ThroughWrites.STOPPED;
      writes.add(List.of(isStopped ? stopGradient(write) : write));
    }
    return List.copyOf(writes);
  }

  private P written(Place<P> now, Seen seen, List<List<LevelState.Write>> writes) {
    List<Tensor> leaves = new ArrayList<>(Tree.leaves(now.params()));
    for (int i = 0; i < writes.size(); i++) {
      List<Integer> own = seen.collected().get(i).leaves();
      for (LevelState.Write write : writes.get(i)) {
        for (int j = 0; j < own.size(); j++) {
          Tensor move = write.directions().get(j).times(write.rate());
          leaves.set(own.get(j), leaves.get(own.get(j)).minus(move));
        }
      }
    }
    return Tree.withLeaves(now.params(), leaves);
  }

  private static List<LevelState> settle(
      List<LevelState> collected, List<List<LevelState.Write>> writes) {
    List<LevelState> settled = new ArrayList<>();
    for (int i = 0; i < collected.size(); i++) {
      LevelState level = collected.get(i);
      settled.add(writes.get(i).isEmpty() ? level : level.after(writes.get(i).getFirst()));
    }
    return List.copyOf(settled);
  }
}
