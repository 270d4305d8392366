package nestor.bench;

import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.valueAndGrad;
import static nestor.autodiff.Transform.vmap;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.meta.Adam;
import nestor.train.Mode;

/// One meta-step of second-order MAML on sinusoids, Finn et al., "Model-agnostic meta-learning"
/// (2017), section 5.1: written for one task and mapped over tasks.
public final class MamlSinusoid implements Workload {
  private static final String NAME = "maml_sinusoid";
  private static final Adam ADAM = Adam.withRate(1e-3);
  private static final double RATE = 0.01;
  private static final int WIDTH = 40;

  /// Two hidden layers with relu.
  record Net(Tensor w1, Tensor b1, Tensor w2, Tensor b2, Tensor w3, Tensor b3) {
    static Net init(Key key, int width) {
      return new Net(
          weight(key.fold(1), 1, width),
          Tensor.zeros(DType.FLOAT32, width),
          weight(key.fold(2), width, width),
          Tensor.zeros(DType.FLOAT32, width),
          weight(key.fold(3), width, 1),
          Tensor.zeros(DType.FLOAT32, 1));
    }

    private static Tensor weight(Key key, int in, int out) {
      return key.normal(DType.FLOAT32, in, out).times(Math.sqrt(1.0 / in));
    }

    Tensor at(Tensor x) {
      Tensor h = x.matmul(w1).plus(b1).relu().matmul(w2).plus(b2).relu();
      return h.matmul(w3).plus(b3);
    }
  }

  /// Examples `[shots, 1]` to adapt to, and others to be judged by.
  record Task(Tensor x, Tensor y, Tensor queryX, Tensor queryY) {

    /// Stacked tasks: y = a sin(x − f).
    static Task draw(Key key, Sizes sizes, DType dtype) {
      Tensor amplitude = uniform(key.fold(0), dtype, sizes.tasks(), 1, 1).times(4.9).plus(0.1);
      Tensor phase = uniform(key.fold(1), dtype, sizes.tasks(), 1, 1).times(3.14159);
      Tensor x = uniform(key.fold(2), dtype, sizes.tasks(), sizes.shots(), 1).times(10).minus(5);
      Tensor q = uniform(key.fold(3), dtype, sizes.tasks(), sizes.shots(), 1).times(10).minus(5);
      return new Task(
          x, x.minus(phase).sin().times(amplitude), q, q.minus(phase).sin().times(amplitude));
    }

    private static Tensor uniform(Key key, DType dtype, int... dims) {
      return key.uniform(DType.FLOAT32, dims).cast(dtype);
    }
  }

  private record Sizes(int tasks, int shots) {}

  private record State(Adam.State<Net> net, Tensor loss, Key key) {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Case> cases() {
    return List.of(at(25, 10, 1, Style.BATCHED), at(25, 10, 5, Style.BATCHED));
  }

  /// How the tasks of a meta-step run.
  public enum Style {
    /// All at once.
    BATCHED {
      @Override
      Tensor each(Function<Task, Tensor> loss, Task tasks) {
        return vmap(loss, tasks);
      }
    },
    /// One after the other.
    LOOP {
      @Override
      Tensor each(Function<Task, Tensor> loss, Task tasks) {
        return Tensor.stack(
            0,
            IntStream.range(0, tasks.x().shape().dim(0))
                .mapToObj(i -> loss.apply(Tree.map(tasks, leaf -> leaf.get(i))))
                .toList());
      }
    };

    /// A number for each of the stacked tasks.
    abstract Tensor each(Function<Task, Tensor> loss, Task tasks);
  }

  /// The meta-step for other numbers.
  public static Case at(int tasks, int shots, int innerSteps, Style style) {
    Sizes sizes = new Sizes(tasks, shots);
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("tasks", tasks);
    parameters.put("shots", shots);
    parameters.put("inner_steps", innerSteps);
    parameters.put("style", style.name().toLowerCase(Locale.ROOT));
    return new Training<State>(
        NAME,
        parameters,
        2,
        dtype -> Draws.in(dtype, start()),
        now -> {
          DType dtype = now.loss().dtype();
          Task data = Task.draw(now.key(), sizes, dtype);
          return next(now, data, innerSteps, style);
        });
  }

  private static State start() {
    Key key = Key.of(0);
    Net net = Net.init(key.fold("net"), WIDTH);
    return new State(ADAM.start(net), Tensor.zeros(DType.FLOAT32), key.fold("tasks"));
  }

  private static State next(State now, Task tasks, int innerSteps, Style style) {
    var out = valueAndGrad(theta -> metaLoss(theta, tasks, innerSteps, style), now.net().params());
    return new State(ADAM.next(now.net(), out.gradient()), out.value(), now.key().fold(4));
  }

  private static Tensor metaLoss(Net theta, Task tasks, int innerSteps, Style style) {
    return style.each(task -> afterAdaptation(theta, task, innerSteps), tasks).mean();
  }

  private static Tensor afterAdaptation(Net theta, Task task, int innerSteps) {
    Net fast = theta;
    for (int i = 0; i < innerSteps; i++) {
      Net g = grad((Net net) -> error(net, task.x(), task.y()), fast);
      fast = Tree.zip(fast, g, (p, d) -> p.minus(d.times(RATE)));
    }
    return error(fast, task.queryX(), task.queryY());
  }

  private static Tensor error(Net net, Tensor x, Tensor y) {
    return net.at(x).minus(y).square().mean();
  }

  @Override
  public Map<String, Tensor> small(Mode mode, DType dtype) {
    Net theta = Draws.waves(Net.init(Key.of(0), 6), 0.8, dtype);
    Task tasks =
        new Task(
            Draws.wave(100, 2, dtype, 3, 4, 1),
            Draws.wave(101, 2, dtype, 3, 4, 1),
            Draws.wave(102, 2, dtype, 3, 4, 1),
            Draws.wave(103, 2, dtype, 3, 4, 1));
    var meta = mode.of((Net net) -> valueAndGrad(n -> metaLoss(n, tasks, 3, Style.BATCHED), net));
    var out = meta.apply(theta);
    Map<String, Tensor> figures = new LinkedHashMap<>();
    figures.put("loss", out.value());
    figures.put("gradient", Draws.flat(out.gradient()));
    return figures;
  }
}
