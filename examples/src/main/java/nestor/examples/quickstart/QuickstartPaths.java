package nestor.examples.quickstart;

import java.util.List;
import nestor.meta.Level;
import nestor.meta.MetaPath;
import nestor.train.Explanation;
import nestor.train.Run;

/// The levels of the quickstart and the paths of their meta-gradient, at the first step at which
/// all of them write, or the last step of the training where that is earlier.
final class QuickstartPaths {
  private QuickstartPaths() {}

  static Explanation explain(Config config, Run.Setup setup) {
    int all =
        NestedLearner.levels(config).levels().stream().mapToInt(Level::period).reduce(1, Math::max);
    int before = Math.max(0, Math.min(all, config.steps()) - 1);
    Quickstart trained = Quickstart.train(config.with(before), setup, (i, step) -> {});
    NestedLearner learner = (NestedLearner) trained.learner();
    List<MetaPath> paths =
        learner.training().paths(learner.state(), List.of(trained.stream().at(before + 1L)));
    return new Explanation(
        learner.training().optimizer().toString(),
        "step " + (before + 1),
        paths.stream().map(QuickstartPaths::path).toList());
  }

  private static Explanation.Path path(MetaPath path) {
    Explanation.Mark mark =
        switch (path.mark()) {
          case OPEN -> Explanation.Mark.OPEN;
          case SEVERED -> Explanation.Mark.SEVERED;
          case TRUNCATED -> Explanation.Mark.TRUNCATED;
          case SATURATED -> Explanation.Mark.SATURATED;
          case WAITING -> Explanation.Mark.WAITING;
        };
    return new Explanation.Path(
        path.parameter(), path.through(), path.strength(), mark, path.why());
  }
}
