// Second-order MAML on sinusoids (Finn et al., 2017, section 5.1) and a check of its meta-gradient.
import module nestor.autodiff;
import module nestor.meta;
import nestor.autodiff.Key;
import static nestor.autodiff.Transform.*;
record Net(Linear first, Linear second, Linear third) {}
record Task(Tensor x, Tensor y, Tensor queryX, Tensor queryY) {}

Tensor error(Net net, Tensor x, Tensor y) {
  Tensor hidden = net.second().apply(net.first().apply(x).tanh()).tanh();
  return net.third().apply(hidden).minus(y).square().mean();
}

// The query error after inner steps on one task; `through` may stop the gradient through them.
Tensor adapted(Net theta, Task task, int steps, UnaryOperator<Net> through) {
  Net fast = theta;
  for (int k = 0; k < steps; k++) {
    Net g = grad(n -> error(n, task.x(), task.y()), fast);
    fast = Tree.zip(fast, through.apply(g), (p, d) -> p.minus(d.times(0.01)));
  }
  return error(fast, task.queryX(), task.queryY());
}

Tensor metaLoss(Net theta, Task tasks, int steps, UnaryOperator<Net> through) {
  return vmap(task -> adapted(theta, task, steps, through), tasks).mean();
}

Task draw(Key key) {
  Tensor amplitude = key.fold("amplitude").uniform(0.1, 5, DType.FLOAT64);
  Tensor phase = key.fold("phase").uniform(0, Math.PI, DType.FLOAT64);
  Tensor x = key.fold("x").uniform(-5, 5, DType.FLOAT64, 20, 1);
  Tensor y = x.minus(phase).sin().times(amplitude);
  return new Task(x.slice(0, 0, 10), y.slice(0, 0, 10), x.slice(0, 10, 20), y.slice(0, 10, 20));
}

void main() {
  Key key = Key.of(0);
  Linear first = Linear.init(key.fold("first"), DType.FLOAT64, 1, 40);
  Linear second = Linear.init(key.fold("second"), DType.FLOAT64, 40, 40);
  Net theta = new Net(first, second, Linear.init(key.fold("third"), DType.FLOAT64, 40, 1));
  for (int k : new int[] {1, 3, 5}) {
    Task tasks = vmap(this::draw, key.fold(k).stackedSplit(4));
    Function<Net, Tensor> meta = n -> metaLoss(n, tasks, k, g -> g);
    double error = GradientCheck.STANDARD.measure(meta, theta, 1, key).getFirst().error();
    Net exact = grad(meta, theta);
    Net firstOrder = grad(n -> metaLoss(n, tasks, k, Transform::stopGradient), theta);
    double gap = Tree.norm(Tree.zip(exact, firstOrder, Tensor::minus)).div(Tree.norm(exact)).item();
    IO.println("K = %d: error %.1e, distance to first order %.1e".formatted(k, error, gap));
    if (error > 1e-6 || gap < 1e-3) throw new AssertionError("the meta-gradient is wrong");
    IO.println(compile((Net n) -> grad(meta, n)).plan(theta).toString().lines().toList().getLast());
  }
  Adam adam = Adam.withRate(1e-3);
  var now = adam.start(theta);
  for (int step = 0; step <= 1000; step++) {
    Task tasks = vmap(this::draw, key.fold("train").fold(step).stackedSplit(25));
    var out = valueAndGrad(n -> metaLoss(n, tasks, 1, g -> g), now.params());
    if (step % 200 == 0) IO.println("step " + step + ": query error " + out.value().item());
    now = adam.next(now, out.gradient());
  }
}
