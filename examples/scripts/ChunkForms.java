// Layers token by token and chunk by chunk, forward and backward, and what a token costs as sequences grow:
// ./nestor script examples/scripts/ChunkForms.java [SECONDS LENGTH...], 6 256 1024 4096 8192 unless said otherwise.
import module nestor.autodiff;
import module nestor.hope;
import nestor.autodiff.Key;
import nestor.cms.Cms;
import nestor.hope.rule.Form;
import static nestor.autodiff.Transform.*;

record Kind(String name, int chunk, SequenceLayer<?> recurrent, SequenceLayer<?> parallel) {}

record Given(SequenceLayer<?> layer, Tensor x) {}

record Found(Tensor y, SequenceLayer<?> gradient) {} // the gradient of the outputs' mean square

final int width = 64;
final Key key = Key.of(0);

List<Kind> kinds() {
  var titans = Titans.init(key, DType.FLOAT32, width, width);
  var self = SelfModifyingTitans.linear(key, DType.FLOAT32, width).withChunk(16);
  var delta = GatedDeltaNet.init(key, DType.FLOAT32, width).withChunk(64);
  var cms = Cms.init(key, DType.FLOAT32, width, 3);
  return List.of(
      kind("Titans", 16, form -> titans.withChunk(16).withForm(form)),
      kind("Titans", 64, form -> titans.withChunk(64).withForm(form)),
      kind("SelfModifyingTitans", 16, self::withForm),
      kind("GatedDeltaNet", 64, delta::withForm),
      kind("HopeBlock", 16, form -> new HopeBlock<>(self.withForm(form), cms)));
}

Kind kind(String name, int chunk, Function<Form, SequenceLayer<?>> layer) {
  return new Kind(name, chunk, drawn(layer.apply(Form.RECURRENT)), drawn(layer.apply(Form.CHUNK_PARALLEL)));
}

SequenceLayer<?> drawn(SequenceLayer<?> layer) { // none of the zeros that layers start with
  return Tree.mapWithPath(layer, (path, leaf) -> key.fold(path).normal(DType.FLOAT32, leaf.shape().toArray()).div(8));
}

Tensor tokens(int batch, int length) {
  return key.fold("x").normal(DType.FLOAT32, batch, length, width);
}

Found found(Given given) {
  var read = vjp((SequenceLayer<?> layer) -> layer.read(given.x()), given.layer());
  Tensor y = read.value();
  return new Found(y, read.pullback().apply(y.times(2.0 / y.shape().size())));
}

double difference(Object tree, Object other) { // the largest, of the largest number in its tensor
  double worst = 0;
  Iterator<Tensor> others = Tree.leaves(other).iterator();
  for (Tensor leaf : Tree.leaves(tree)) {
    Tensor expected = others.next();
    worst = Math.max(worst, leaf.minus(expected).abs().max().item() / expected.abs().max().item());
  }
  return worst;
}

double[] milliseconds(double seconds, List<Runnable> steps) { // the shortest of each, run in turn
  double[] shortest = new double[steps.size()];
  Arrays.fill(shortest, Double.MAX_VALUE);
  long end = System.nanoTime() + (long) (seconds * 1e9);
  do {
    for (int i = 0; i < shortest.length; i++) {
      long start = System.nanoTime();
      steps.get(i).run();
      shortest[i] = Math.min(shortest[i], (System.nanoTime() - start) / 1e6);
    }
  } while (System.nanoTime() < end);
  return shortest;
}

void main(String[] args) {
  double seconds = args.length == 0 ? 6 : Double.parseDouble(args[0]);
  int[] lengths = args.length < 2 ? new int[] {256, 1024, 4096, 8192} : Stream.of(args).skip(1).mapToInt(Integer::parseInt).toArray();
  IO.println("batch 8, length %d, width %d".formatted(lengths[0], width));
  IO.println("%-20s %5s %12s %12s %7s %10s %10s".formatted("layer", "chunk", "recurrent", "parallel", "ratio", "outputs", "gradients"));
  for (Kind kind : kinds()) {
    System.err.println(kind.name() + " by " + kind.chunk() + ", both forms");
    Compiled<Given, Found> step = compile(this::found);
    Given recurrent = new Given(kind.recurrent(), tokens(8, lengths[0]));
    Given parallel = new Given(kind.parallel(), recurrent.x());
    Found one = step.apply(recurrent);
    Found other = step.apply(parallel);
    double outputs = difference(other.y(), one.y());
    double gradients = difference(other.gradient(), one.gradient());
    if (!(outputs < 1e-3 && gradients < 1e-3)) {
      throw new AssertionError("%s by %d: the forms differ by %.1e and %.1e".formatted(kind.name(), kind.chunk(), outputs, gradients));
    }
    double[] ms = milliseconds(seconds, List.of(() -> step.apply(recurrent), () -> step.apply(parallel)));
    IO.println("%-20s %5d %9.2f ms %9.2f ms %7.2f %10.1e %10.1e".formatted(kind.name(), kind.chunk(), ms[0], ms[1], ms[0] / ms[1], outputs, gradients));
  }
  IO.println("batch 2, chunk by chunk: ns for a token at each length, and the largest over the smallest");
  for (Kind kind : kinds()) {
    Compiled<Given, Found> step = compile(this::found);
    List<Runnable> steps = new ArrayList<>();
    for (int length : lengths) {
      System.err.println(kind.name() + " by " + kind.chunk() + ", length " + length);
      Given given = new Given(kind.parallel(), tokens(2, length));
      step.apply(given);
      steps.add(() -> step.apply(given));
    }
    double[] ns = milliseconds(2 * seconds, steps);
    for (int i = 0; i < ns.length; i++) {
      ns[i] *= 1e6 / (2 * lengths[i]);
    }
    double ratio = DoubleStream.of(ns).max().getAsDouble() / DoubleStream.of(ns).min().getAsDouble();
    String each = DoubleStream.of(ns).mapToObj(one -> " %8.0f".formatted(one)).collect(Collectors.joining());
    IO.println("%-20s %5d%s %7.2f".formatted(kind.name(), kind.chunk(), each, ratio));
  }
}
