package nestor.examples.quickstart;

import java.util.Map;
import nestor.examples.quickstart.SumStream.Samples;
import nestor.hope.HopeModel;

/// Something that learns from one sample after another. Between two steps it has seen a sample and
/// has not learned from it yet.
sealed interface Learner permits NestedLearner, AdamWLearner {
  /// The model as it is now.
  HopeModel model();

  /// The loss on the sample that it has seen.
  double loss();

  /// Learns from the sample that it has seen, and looks at the next one.
  Step step(Samples next);

  /// What a step gives.
  ///
  /// @param next the learner after it
  /// @param figures by the names that `metrics.jsonl` uses; `loss` is that of the sample learned
  ///   from, before the step, `metaLoss` that of the next one, after it
  record Step(Learner next, Map<String, Double> figures) {}
}
