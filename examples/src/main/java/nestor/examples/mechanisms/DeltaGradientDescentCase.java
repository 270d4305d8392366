package nestor.examples.mechanisms;

import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.meta.DeltaGradientDescent;
import nestor.train.conformance.ReferenceMechanism;

/// The case `delta_gradient_descent`; see [DeltaGradientDescent].
public final class DeltaGradientDescentCase implements ReferenceMechanism {
  @Override
  public String name() {
    return "delta_gradient_descent";
  }

  @Override
  public Map<String, Tensor> outputs(Given given) {
    return Map.of(
        "w",
        DeltaGradientDescent.withRate(given.attributes().real("lr"))
            .sequence(given.in("w0"), given.in("x"), given.in("g"))
            .outputs());
  }
}
