package nestor.examples.quickstart;

import static nestor.autodiff.Transform.valueAndGrad;

import java.util.LinkedHashMap;
import java.util.Map;
import nestor.autodiff.Transform.ValueAndGrad;
import nestor.autodiff.Tree;
import nestor.examples.quickstart.SumStream.Samples;
import nestor.hope.HopeModel;
import nestor.meta.Adam;
import nestor.meta.AdamW;

/// The baseline: the same model, every parameter written at every step by AdamW at one rate.
///
/// @param optimizer AdamW
/// @param state the model in training
/// @param seen the latest sample's loss and gradient
record AdamWLearner(AdamW optimizer, Adam.State<HopeModel> state, ValueAndGrad<HopeModel> seen)
    implements Learner {
  /// A learner that has seen its first sample.
  static AdamWLearner start(double rate, HopeModel model, Samples first) {
    AdamW optimizer = AdamW.withRate(rate);
    return new AdamWLearner(
        optimizer, optimizer.start(model), valueAndGrad(m -> Quickstart.loss(m, first), model));
  }

  @Override
  public HopeModel model() {
    return state.params();
  }

  @Override
  public double loss() {
    return seen.value().item();
  }

  @Override
  public Step step(Samples next) {
    Adam.State<HopeModel> after = optimizer.next(state, seen.gradient());
    var looked = valueAndGrad((HopeModel m) -> Quickstart.loss(m, next), after.params());
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("loss", loss());
    figures.put("metaLoss", looked.value().item());
    figures.put("lr", optimizer.adam().rate().item());
    figures.put("momentum", optimizer.adam().beta1().item());
    figures.put("gradNorm", Tree.norm(seen.gradient()).item());
    return new Step(new AdamWLearner(optimizer, after, looked), figures);
  }
}
