// A network of your own as a nested learner: two levels with clocks of their own, whose steps a
// meta-optimizer generates, on a stream of single samples.
import module nestor.autodiff;
import module nestor.meta;
import nestor.autodiff.Key;

record Net(Linear fast, Linear slow) {
  Tensor at(Tensor x) { return fast.apply(slow.apply(x).tanh()); }
}

Tensor loss(Net net, Key sample) { // on one sample, x in R², y = sin(x₀) x₁
  Tensor x = sample.normal(DType.FLOAT32, 1, 2);
  Tensor y = x.slice(1, 0, 1).sin().times(x.slice(1, 1, 2));
  return Losses.mse(net.at(x), y);
}

void main() {
  Key key = Key.of(0);
  Linear slow = Linear.init(key.fold("slow"), DType.FLOAT32, 2, 32);
  Net net = new Net(Linear.init(key.fold("fast"), DType.FLOAT32, 32, 1), slow);
  Levels levels = Levels.of( // from: where the meta-optimizer starts, in Polyak's steps, and momentum
      Level.of("fast", "fast.*").from(0.5, 0.9),
      Level.of("slow", "slow.*").every(5).from(0.3, 0.9));
  MetaOptimizer optimizer = new MetaOptimizer(levels, Adam.withRate(0.003), 1);
  IO.println(optimizer);
  Key data = key.fold("data");
  var training = Training.compiled(optimizer, this::loss); // or Training.eager
  var now = training.start(key.fold("start"), net, data.fold(0));
  double sum = 0;
  for (int i = 1; i <= 4000; i++) {
    var step = training.step(now, data.fold(i));
    now = step.next();
    sum += step.metaLoss();
    if (i % 1000 == 0) {
      IO.println("step %d: mean loss %.4f, %d and %d writes".formatted(
          i, sum / 1000, step.levels().get(0).writes(), step.levels().get(1).writes()));
      sum = 0;
    }
  }
}
