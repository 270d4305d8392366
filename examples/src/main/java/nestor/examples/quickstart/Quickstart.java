package nestor.examples.quickstart;

import java.util.Locale;
import java.util.function.BiConsumer;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Losses;
import nestor.examples.quickstart.SumStream.Samples;
import nestor.hope.AssociativeMemory;
import nestor.hope.DeltaRule;
import nestor.hope.GatedDeltaRule;
import nestor.hope.HopeModel;
import nestor.hope.NoMemory;
import nestor.train.Failure;
import nestor.train.Run;

/// One training of the quickstart, and the model after it.
///
/// @param config what was trained
/// @param stream what it was trained on
/// @param initial the model before the first step
/// @param learner the learner after the last step
record Quickstart(Config config, SumStream stream, HopeModel initial, Learner learner) {
  private static final int TESTS = 1000;

  /// Who learns.
  public enum Kind {
    /// The nested learner.
    NESTED,
    /// The same model, trained by AdamW.
    ADAMW;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// What `--set` may change.
  ///
  /// @param steps training steps
  /// @param width the network's width
  /// @param layers the number of HOPE layers
  /// @param drift after how many samples the target changes; 0 for never
  /// @param ablate the mechanism that is turned off
  /// @param learner who learns
  /// @param adamwRate AdamW's rate
  /// @param dtype the element type of all tensors
  public record Config(
      int steps,
      int width,
      int layers,
      int drift,
      Mechanism ablate,
      Kind learner,
      double adamwRate,
      DType dtype) {
    static final Config DEFAULT =
        new Config(2000, 32, 2, 0, Mechanism.NONE, Kind.NESTED, 1e-3, DType.FLOAT32);

    void check() {
      if (steps < 0 || width < 1 || layers < 1 || drift < 0) {
        throw new Failure("steps and drift must be at least 0; width and layers at least 1");
      }
      if (!dtype.isFloat()) {
        throw new Failure("dtype must be float32 or float64, but is " + dtype);
      }
      if (!(adamwRate > 0)) {
        throw new Failure("adamwRate must be above 0, but is " + adamwRate);
      }
      if (learner == Kind.ADAMW && ablate != Mechanism.NONE) {
        throw new Failure("ablate turns off parts of the nested learner; leave learner=nested");
      }
    }

    Config without(Mechanism mechanism) {
      return new Config(steps, width, layers, drift, mechanism, learner, adamwRate, dtype);
    }

    Config with(int otherSteps) {
      return new Config(otherSteps, width, layers, drift, ablate, learner, adamwRate, dtype);
    }

    Config withDrift(int otherDrift) {
      return new Config(steps, width, layers, otherDrift, ablate, learner, adamwRate, dtype);
    }

    Config withAdamW(double rate) {
      return new Config(steps, width, layers, drift, ablate, Kind.ADAMW, rate, dtype);
    }
  }

  /// Trains on the run's backend.
  ///
  /// @param watch told of every step, counted from 0
  static Quickstart train(Config config, Run.Setup setup, BiConsumer<Integer, Learner.Step> watch) {
    Key key = Tree.map(Key.of(setup.seed()), words -> words.on(setup.backend()));
    SumStream stream = new SumStream(key.fold("data"), config.dtype(), config.drift());
    HopeModel initial = model(key.fold("model"), config);
    Samples first = stream.sample(0);
    Learner learner =
        switch (config.learner()) {
          case NESTED ->
              NestedLearner.start(key.fold("meta-optimizer"), initial, first, config.ablate());
          case ADAMW -> AdamWLearner.start(config.adamwRate(), initial, first);
        };
    for (int i = 0; i < config.steps(); i++) {
      Learner.Step step = learner.step(stream.sample(i + 1L));
      learner = step.next();
      watch.accept(i, step);
    }
    return new Quickstart(config, stream, initial, learner);
  }

  private static HopeModel model(Key key, Config config) {
    HopeModel.Sizes sizes =
        new HopeModel.Sizes(
            SumStream.INPUT,
            1,
            config.width(),
            config.layers(),
            NestedLearner.blocks(config.ablate()));
    return HopeModel.init(key, config.dtype(), sizes, layer -> memory(layer, config));
  }

  private static AssociativeMemory memory(Key key, Config config) {
    return switch (config.ablate()) {
      case MEMORY -> new NoMemory(config.dtype());
      case FORGETTING -> DeltaRule.init(key, config.dtype(), config.width());
      default -> GatedDeltaRule.init(key, config.dtype(), config.width());
    };
  }

  /// Predictions `[count, 1]` for x `[count, 4]`, each a sequence of one token with a memory of its
  /// own.
  static Tensor predict(HopeModel model, Tensor x) {
    int count = x.shape().dim(0);
    Tensor tokens = x.reshape(count, 1, SumStream.INPUT);
    return model.apply(tokens, model.start(count)).value().reshape(count, 1);
  }

  /// The mean squared error on samples.
  static Tensor loss(HopeModel model, Samples samples) {
    return Losses.mse(predict(model, samples.x()), samples.y());
  }

  /// Fresh samples for the target of the last sample that was learned from.
  Samples test() {
    return stream.test(Math.max(0, config.steps() - 1), TESTS);
  }

  /// The loss of the trained model on 1,000 fresh samples.
  double testLoss() {
    return loss(learner.model(), test()).item();
  }
}
