package nestor.examples.mechanisms;

import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.stopGradient;
import static nestor.autodiff.Transform.vmap;

import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Losses;
import nestor.train.Failure;
import nestor.train.conformance.ReferenceMechanism;

/// The case `maml`, Finn et al., "Model-agnostic meta-learning" (2017), of order 2, or of order 1,
/// where the inner gradients are constants.
public final class MamlCase implements ReferenceMechanism {
  /// The network x ↦ tanh(x w₁ + b₁) w₂ + b₂.
  record Net(Tensor w1, Tensor b1, Tensor w2, Tensor b2) {
    Tensor error(Tensor x, Tensor y) {
      return Losses.mse(x.matmul(w1).plus(b1).tanh().matmul(w2).plus(b2), y);
    }
  }

  /// Support and query of a task, each `[shots, features]`.
  record Task(Tensor x, Tensor y, Tensor queryX, Tensor queryY) {}

  @Override
  public String name() {
    return "maml";
  }

  @Override
  public Map<String, Tensor> outputs(Given given) {
    Net net = new Net(given.in("w1"), given.in("b1"), given.in("w2"), given.in("b2"));
    Task tasks = new Task(given.in("x"), given.in("y"), given.in("qx"), given.in("qy"));
    Tensor rate = given.in("rate");
    int steps = given.attributes().integer("steps");
    int order = given.attributes().integer("order");
    if (order != 1 && order != 2) {
      throw new Failure("the attribute order must be 1 or 2, not " + order);
    }
    Tensor losses =
        vmap(
            (Task task) -> {
              Net fast = net;
              for (int i = 0; i < steps; i++) {
                Net gradient = grad((Net n) -> n.error(task.x(), task.y()), fast);
                Net used = order == 1 ? stopGradient(gradient) : gradient;
                fast = Tree.zip(fast, used, (p, g) -> p.minus(g.times(rate)));
              }
              return fast.error(task.queryX(), task.queryY());
            },
            tasks);
    return Map.of("loss", losses.mean());
  }
}
