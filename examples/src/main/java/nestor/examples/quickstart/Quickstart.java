package nestor.examples.quickstart;

import java.util.function.BiConsumer;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Losses;
import nestor.examples.quickstart.SumStream.Samples;
import nestor.hope.HopeModel;
import nestor.train.Run;

/// One training of the quickstart, and the model after it.
///
/// @param config what was trained
/// @param stream what it was trained on
/// @param initial the model before the first step
/// @param learner the learner after the last step
record Quickstart(Config config, SumStream stream, HopeModel<?> initial, Learner learner) {
  private static final int TESTS = 1000;

  /// Trains as a run is set up.
  ///
  /// @param watch told of every step, counted from 0
  static Quickstart train(Config config, Run.Setup setup, BiConsumer<Integer, Learner.Step> watch) {
    return train(config, setup, Learner.of(config, setup.mode()), watch);
  }

  /// Trains as a run is set up.
  ///
  /// @param beginning where the learner begins, for any configuration of its kind
  /// @param watch told of every step, counted from 0
  static Quickstart train(
      Config config,
      Run.Setup setup,
      Learner.Beginning beginning,
      BiConsumer<Integer, Learner.Step> watch) {
    Key key = key(setup);
    SumStream stream = stream(config, key);
    HopeModel<?> initial = model(key.fold("model"), config);
    Learner learner = beginning.begin(key.fold("meta-optimizer"), initial, stream.at(0));
    for (int i = 0; i < config.steps(); i++) {
      Learner.Step step = learner.step(stream.at(i + 1L));
      learner = step.next();
      watch.accept(i, step);
    }
    return new Quickstart(config, stream, initial, learner);
  }

  private static Key key(Run.Setup setup) {
    return Tree.map(Key.of(setup.seed()), words -> words.on(setup.backend()));
  }

  private static SumStream stream(Config config, Key key) {
    return SumStream.of(key.fold("data"), config.dtype(), config.drift());
  }

  private static HopeModel<?> model(Key key, Config config) {
    HopeModel.Sizes sizes =
        new HopeModel.Sizes(
            SumStream.INPUT,
            1,
            config.width(),
            config.layers(),
            NestedLearner.blocks(config.ablate()));
    return config.trained().model(key, config.dtype(), sizes);
  }

  /// Predictions `[count, 1]` for x `[count, 4]`, each a sequence of one token with a memory of its
  /// own.
  static <S> Tensor predict(HopeModel<S> model, Tensor x) {
    int count = x.shape().dim(0);
    Tensor tokens = x.reshape(count, 1, SumStream.INPUT);
    return model.apply(tokens, model.start(count)).value().reshape(count, 1);
  }

  /// The mean squared error on samples.
  static Tensor loss(HopeModel<?> model, Samples samples) {
    return Losses.mse(predict(model, samples.x()), samples.y());
  }

  /// Fresh samples for the target of the last sample that was learned from.
  Samples test() {
    return test(config, stream);
  }

  private static Samples test(Config config, SumStream stream) {
    return stream.test(Math.max(0, config.steps() - 1), TESTS);
  }

  /// The loss of the trained model on 1,000 fresh samples.
  double testLoss() {
    return loss(learner.model(), test()).item();
  }

  /// The loss on these samples of a model that a training of this configuration gave.
  static double testLoss(Config config, Run.Setup setup, HopeModel<?> model) {
    return loss(model, test(config, stream(config, key(setup)))).item();
  }
}
