package nestor.examples.quickstart;

import java.util.Map;
import nestor.autodiff.Key;
import nestor.examples.quickstart.SumStream.Draw;
import nestor.hope.HopeModel;
import nestor.train.Mode;

/// Something that learns from one sample after another. Between two steps it has seen a sample and
/// has not learned from it yet. A step may consume the learner that it starts from.
sealed interface Learner permits NestedLearner, AdamWLearner {
  /// The model as it is now.
  HopeModel<?> model();

  /// The loss on the sample that it has seen.
  double loss();

  /// Learns from the sample that it has seen, and looks at the next one.
  Step step(Draw next);

  /// What a step gives.
  ///
  /// @param next the learner after it
  /// @param figures by the names that `metrics.jsonl` uses; `loss` is that of the sample learned
  ///   from, before the step, `metaLoss` that of the next one, after it
  record Step(Learner next, Map<String, Double> figures) {}

  /// Where learners of one kind begin; they share their compiled steps.
  @FunctionalInterface
  interface Beginning {
    /// A learner that has seen its first sample.
    Learner begin(Key key, HopeModel<?> model, Draw first);
  }

  /// The beginning of the learner that is configured.
  static Beginning of(Config config, Mode mode) {
    return config.isNested()
        ? NestedLearner.beginning(config, mode)
        : AdamWLearner.beginning(config.adamwRate(), mode);
  }
}
