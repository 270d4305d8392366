import module nestor.autodiff;
import nestor.autodiff.Key;
import static nestor.autodiff.Transform.*;

record Token(Tensor k, Tensor v, Tensor q) {} // [batch, width, 1]

record Memory(Tensor w1, Tensor w2) { // z + W1 silu(W2 z), Titans' memory: batch examples of [width, width]
  Tensor at(Tensor z) {
    Tensor a = w2.matmul(z);
    return z.plus(w1.matmul(a.times(a.sigmoid())));
  }

  Memory written(Token now) { // one step down the gradient of half the squared error
    Memory g = grad(m -> m.at(now.k()).minus(now.v()).square().sum().times(0.5), this);
    return Tree.zip(this, g, (w, d) -> w.times(0.99).minus(d.times(0.1)));
  }
}

Tensor loss(Memory first, Token tokens, Keep keep) {
  return scan((Memory m, Token now) -> {
    Memory next = m.written(now);
    return new Step<>(next, next.at(now.q()));
  }, first, tokens, keep).outputs().square().mean();
}

Tensor draw(String name, double scale, int... shape) {
  return Key.of(0).fold(name).normal(DType.FLOAT32, shape).times(scale);
}

void main(String[] args) { // the lengths of the sequences
  int[] lengths = args.length == 0 ? new int[] {64, 256, 1024} : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
  IO.println("%6s  %-4s %14s %14s %10s".formatted("T", "keep", "peak bytes", "beyond", "ms"));
  for (int length : lengths) {
    Token tokens = new Token(draw("k", 0.1, length, 8, 64, 1), draw("v", 1, length, 8, 64, 1), draw("q", 0.1, length, 8, 64, 1));
    Memory first = new Memory(draw("w1", 0.1, 8, 64, 64), draw("w2", 0.1, 8, 64, 64));
    for (Keep keep : Keep.values()) {
      var gradient = compile((Memory m, Token all) -> grad((Pair both) -> loss(both.m(), both.all(), keep), new Pair(m, all)));
      Plan plan = gradient.plan(first, tokens);
      long given = 2 * Stream.of(first, tokens).flatMap(tree -> Tree.leaves(tree).stream()).mapToLong(leaf -> 4L * leaf.shape().size()).sum();
      double best = Double.MAX_VALUE;
      for (int i = 0; i < 12; i++) {
        long start = System.nanoTime();
        gradient.apply(first, tokens);
        best = Math.min(best, (System.nanoTime() - start) / 1e6);
      }
      IO.println("%6d  %-4s %,14d %,14d %10.1f".formatted(length, keep, plan.peakBytes(), plan.peakBytes() - given, best));
    }
  }
}

record Pair(Memory m, Token all) {}
