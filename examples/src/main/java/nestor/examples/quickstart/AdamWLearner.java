package nestor.examples.quickstart;

import static nestor.autodiff.Transform.stopGradient;
import static nestor.autodiff.Transform.valueAndGrad;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.examples.quickstart.SumStream.Draw;
import nestor.hope.HopeModel;
import nestor.meta.Adam;
import nestor.meta.AdamW;
import nestor.train.Mode;

/// The baseline: the same model, every parameter written at every step by AdamW at one rate.
///
/// @param method the step, and how it runs
/// @param state the model in training
record AdamWLearner(Method method, State state) implements Learner {
  /// AdamW, and its step as it runs.
  record Method(AdamW optimizer, BiFunction<State, Draw, Taken> step) {}

  /// The model in training, with the latest sample's loss and gradient.
  record State(Adam.State<HopeModel<?>> adam, Tensor loss, HopeModel<?> gradient) {
    private static State of(Adam.State<HopeModel<?>> adam, Draw seen) {
      var looked =
          valueAndGrad((HopeModel<?> m) -> Quickstart.loss(m, seen.sample()), adam.params());
      return new State(adam, looked.value(), looked.gradient());
    }
  }

  /// A step's result, with the loss before it and the norm of the gradient.
  record Taken(State next, Tensor loss, Tensor gradNorm) {}

  /// Learners with one rate.
  static Beginning beginning(double rate, Mode mode) {
    AdamW optimizer = AdamW.withRate(rate);
    BiFunction<State, Draw, Taken> step =
        mode.step((now, next) ->
            new Taken(
                State.of(optimizer.next(now.adam, now.gradient), next),
                now.loss,
                Tree.norm(now.gradient)));
    Method method = new Method(optimizer, step);
    return (key, model, first) ->
        new AdamWLearner(method, State.of(optimizer.start(stopGradient(model)), first));
  }

  @Override
  public HopeModel<?> model() {
    return state.adam.params();
  }

  @Override
  public double loss() {
    return state.loss.item();
  }

  @Override
  public Step step(Draw next) {
    Taken taken = method.step.apply(state, next);
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("loss", taken.loss.item());
    figures.put("metaLoss", taken.next.loss.item());
    figures.put("lr", method.optimizer.adam().rate().item());
    figures.put("momentum", method.optimizer.adam().beta1().item());
    figures.put("gradNorm", taken.gradNorm.item());
    return new Step(new AdamWLearner(method, taken.next), figures);
  }
}
