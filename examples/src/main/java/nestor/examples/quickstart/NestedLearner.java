package nestor.examples.quickstart;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import nestor.autodiff.Tensor;
import nestor.cms.Cms;
import nestor.examples.quickstart.SumStream.Draw;
import nestor.hope.HopeModel;
import nestor.meta.Adam;
import nestor.meta.Firing;
import nestor.meta.Level;
import nestor.meta.Levels;
import nestor.meta.MetaOptimizer;
import nestor.meta.Training;
import nestor.train.Mode;

/// The nested learner: a HOPE model whose parts are written at their own frequencies by deep
/// momentum, at rates that a meta-optimizer generates and learns to generate.
///
/// @param training the levels and what writes them, step by step
/// @param state the learner between two steps
record NestedLearner(Training<HopeModel<?>, Draw> training, MetaOptimizer.State<HopeModel<?>> state)
    implements Learner {
  private static final int[] PERIODS = {1, 10, 100};
  private static final String TRUNK = "trunk";
  private static final double META_RATE = 0.003;

  /// Learners of one configuration.
  static Beginning beginning(Config config, Mode mode) {
    MetaOptimizer optimizer = optimizer(config);
    BiFunction<HopeModel<?>, Draw, Tensor> loss = (m, draw) -> Quickstart.loss(m, draw.sample());
    Training<HopeModel<?>, Draw> training =
        switch (mode) {
          case COMPILED -> Training.compiled(optimizer, loss);
          case EAGER -> Training.eager(optimizer, loss);
        };
    return (key, model, first) -> new NestedLearner(training, training.start(key, model, first));
  }

  /// The levels, and the meta-optimizer outside them.
  static MetaOptimizer optimizer(Config config) {
    int period = config.ablate() == Mechanism.META_LEARNING ? 0 : 1;
    return new MetaOptimizer(levels(config), Adam.withRate(META_RATE), period);
  }

  /// The declared levels: the two projections, the memories' parameters, and the blocks of the
  /// continuum memory systems. The projections do most of the work: they start with large steps,
  /// along the gradient itself, since after a change of the target every momentum points the old
  /// way. Untuned, all levels start with the same steps.
  static Levels levels(Config config) {
    Mechanism off = config.ablate();
    List<Level> levels = new ArrayList<>();
    levels.add(Level.of(TRUNK, "input.*", "output.*").from(2.2, 0.1));
    if (off != Mechanism.MEMORY) {
      levels.add(Level.of("memory", "layers.*.memory.**").from(0.03, 0.8));
    }
    List<Level> blocks =
        switch (off) {
          case CMS -> List.of();
          case PERIODS -> List.of(Level.of("blocks", "layers.*.cms.**"));
          default -> Cms.levels("layers.*.cms", PERIODS);
        };
    blocks.forEach(level -> levels.add(level.from(0.03, 0.8)));
    boolean untuned = config.learner() == Config.Kind.NESTED_UNTUNED;
    levels.replaceAll(level -> {
      boolean isTrunk = level.name().equals(TRUNK);
      LevelOptimizer by = isTrunk ? config.trunk() : config.optimizer();
      return (untuned ? level.from(0.1, 0.9) : level).by(by.of(off));
    });
    return new Levels(levels);
  }

  /// The number of blocks that the levels write.
  static int blocks(Mechanism off) {
    return off == Mechanism.CMS ? 0 : PERIODS.length;
  }

  @Override
  public HopeModel<?> model() {
    return state.params();
  }

  @Override
  public double loss() {
    return state.loss().item();
  }

  @Override
  public Step step(Draw next) {
    var step = training.step(state, next);
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("loss", step.loss());
    figures.put("metaLoss", step.metaLoss());
    figures.put("lr", step.levels().getFirst().rate());
    figures.put("momentum", step.levels().getFirst().momentum());
    double square =
        step.levels().stream().mapToDouble(level -> level.gradNorm() * level.gradNorm()).sum();
    figures.put("gradNorm", Math.sqrt(square));
    figures.put("metaGradNorm", step.metaGradNorm());
    for (Training.LevelFigures level : step.levels()) {
      if (level.turn() == Firing.Turn.WRITES) {
        figures.put("lr." + level.name(), level.rate());
        figures.put("momentum." + level.name(), level.momentum());
      }
      figures.put("gradNorm." + level.name(), level.gradNorm());
      if (level.writes() > 0) {
        figures.put("writes." + level.name(), (double) level.writes());
      }
    }
    return new Step(new NestedLearner(training, step.next()), figures);
  }
}
