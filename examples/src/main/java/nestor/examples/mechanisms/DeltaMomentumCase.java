package nestor.examples.mechanisms;

import static nestor.autodiff.Transform.scan;

import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.meta.DeltaMomentum;
import nestor.train.conformance.ReferenceMechanism;

/// The case `delta_momentum`; see [DeltaMomentum].
public final class DeltaMomentumCase implements ReferenceMechanism {
  @Override
  public String name() {
    return "delta_momentum";
  }

  @Override
  public Map<String, Tensor> outputs(Given given) {
    var optimizer =
        new DeltaMomentum(
            Tensor.scalar(given.attributes().real("lr")),
            Tensor.scalar(given.attributes().real("alpha")));
    return Map.of(
        "w",
        scan(
                (DeltaMomentum.State<Tensor> now, Tensor gradient) -> {
                  var next = optimizer.next(now, gradient);
                  return new Step<>(next, next.params());
                },
                optimizer.start(given.in("w0")),
                given.in("gradients"))
            .outputs());
  }
}
