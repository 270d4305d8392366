package nestor.examples.mechanisms;

import static nestor.autodiff.Transform.scan;

import java.util.List;
import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.meta.M3Ema;
import nestor.meta.M3Paper;
import nestor.meta.Optimizer;
import nestor.train.Failure;
import nestor.train.Nearest;
import nestor.train.conformance.Attributes;
import nestor.train.conformance.ReferenceMechanism;

/// The case `m3` in its modes `paper` and `ema`; see [M3Paper] and [M3Ema].
public final class M3Case implements ReferenceMechanism {
  private static final double EPSILON = 1e-8;

  @Override
  public String name() {
    return "m3";
  }

  @Override
  public Map<String, Tensor> outputs(Given given) {
    Tensor gradients = given.in("gradients"); // [steps, rows, columns]
    Optimizer m3 = optimizer(given.attributes());
    Optimizer.State<Tensor> start = m3.start(gradients.get(0).zerosLike());
    return Map.of(
        "theta",
        scan(
                (Optimizer.State<Tensor> now, Tensor gradient) -> {
                  var next = m3.next(now, gradient);
                  return new Step<>(next, next.params());
                },
                start,
                gradients)
            .outputs());
  }

  private static Optimizer optimizer(Attributes attributes) {
    Tensor rate = number(attributes, "lr");
    Tensor beta1 = number(attributes, "b1");
    Tensor beta2 = number(attributes, "b2");
    Tensor beta3 = number(attributes, "b3");
    Tensor mix = number(attributes, "mix");
    Tensor epsilon = Tensor.scalar(EPSILON);
    int every = attributes.integer("every");
    String mode = attributes.text("mode");
    return switch (mode) {
      case "paper" -> new M3Paper(rate, beta1, beta2, beta3, mix, epsilon, every);
      case "ema" -> new M3Ema(rate, beta1, beta2, beta3, mix, epsilon, every);
      default ->
          throw new Failure(
              "there is no mode '%s'%s"
                  .formatted(mode, Nearest.hint(mode, List.of("paper", "ema"))));
    };
  }

  private static Tensor number(Attributes attributes, String name) {
    return Tensor.scalar(attributes.real(name));
  }
}
