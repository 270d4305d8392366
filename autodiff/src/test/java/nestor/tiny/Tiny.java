package nestor.tiny;

import module java.base;

/// Nestor's core in one file that runs by itself on JDK 25; autodiff/README.md walks through it.
/// Small float64 arrays, no broadcasting, no empty axes, no speed.
final class Tiny {
  sealed interface Tensor {
    List<Integer> shape();
    Level level();
    default Tensor plus(Tensor other) { return dispatch(Pointwise.ADD, this, other); }
    default Tensor times(Tensor other) { return dispatch(Pointwise.MUL, this, other); }
    default Tensor times(double factor) { return times(like(factor)); }
    default Tensor minus(Tensor other) { return plus(other.times(-1)); }
    default Tensor sin() { return dispatch(Pointwise.SIN, this); }
    default Tensor cos() { return dispatch(Pointwise.COS, this); }
    default Tensor exp() { return dispatch(Pointwise.EXP, this); }
    default Tensor relu() { return times(dispatch(new Positive(), this)); }
    default Tensor sum() { return shape().isEmpty() ? this : dispatch(new Sum(0), this).sum(); }
    default Tensor like(double x) { return fill(shape(), i -> x); }
  }
  record Value(List<Integer> shape, double[] data) implements Tensor {
    public Level level() { return BOTTOM; }
    public String toString() { return Arrays.toString(data); }
  }
  record Traced(Tape level, Tensor primal) implements Tensor {
    public List<Integer> shape() { return primal.shape(); }
    public String toString() { return primal + " on a tape"; }
  }
  record Batched(Batch level, Tensor physical) implements Tensor {
    public List<Integer> shape() { return physical.shape().subList(1, physical.shape().size()); }
  }
  record Symbol(Recorder level, List<Integer> shape) implements Tensor {
    public String toString() { return "a symbol " + shape; }
  }

  sealed interface Op {
    List<Integer> shape(Tensor[] in);
    Value forward(Value[] in);
    Tensor batch(Tensor[] in); // the batch is axis 0 of every operand and of the result
  }
  sealed interface DifferentiableOp extends Op {
    Tensor[] vjp(Tensor[] x, Tensor y, Tensor g); // operands, result, cotangent of the result
  }
  interface Vjp { Tensor[] of(Tensor[] x, Tensor y, Tensor g); }

  enum Pointwise implements DifferentiableOp {
    ADD(x -> x[0] + x[1], (x, y, g) -> all(g, g)),
    MUL(x -> x[0] * x[1], (x, y, g) -> all(g.times(x[1]), g.times(x[0]))),
    SIN(x -> Math.sin(x[0]), (x, y, g) -> all(g.times(x[0].cos()))),
    COS(x -> Math.cos(x[0]), (x, y, g) -> all(g.times(x[0].sin()).times(-1))),
    EXP(x -> Math.exp(x[0]), (x, y, g) -> all(g.times(y)));

    final ToDoubleFunction<double[]> at;
    final Vjp vjp;
    Pointwise(ToDoubleFunction<double[]> at, Vjp vjp) { this.at = at; this.vjp = vjp; }
    public List<Integer> shape(Tensor[] in) {
      if (Stream.of(in).map(Tensor::shape).distinct().count() == 1) return in[0].shape();
      throw new IllegalArgumentException(this + ": the shapes differ: " + Arrays.toString(in));
    }
    public Value forward(Value[] in) {
      return fill(shape(in), i ->
          at.applyAsDouble(Stream.of(in).mapToDouble(x -> x.data[i]).toArray()));
    }
    public Tensor[] vjp(Tensor[] x, Tensor y, Tensor g) { return vjp.of(x, y, g); }
    public Tensor batch(Tensor[] in) { return dispatch(this, in); }
  }
  record Positive() implements Op { // 1 where x > 0, else 0
    public List<Integer> shape(Tensor[] in) { return in[0].shape(); }
    public Value forward(Value[] in) { return fill(shape(in), i -> in[0].data[i] > 0 ? 1 : 0); }
    public Tensor batch(Tensor[] in) { return dispatch(this, in); }
  }
  record Sum(int axis) implements DifferentiableOp { // the axis disappears
    public List<Integer> shape(Tensor[] in) { return edit(in[0], dims -> dims.remove(axis)); }
    public Value forward(Value[] in) {
      Value x = in[0], out = fill(shape(in), i -> 0);
      int inner = inner(x, axis + 1), outer = inner * x.shape.get(axis);
      for (int i = 0; i < x.data.length; i++) out.data[i / outer * inner + i % inner] += x.data[i];
      return out;
    }
    public Tensor[] vjp(Tensor[] x, Tensor y, Tensor g) {
      return all(dispatch(new Repeat(axis, x[0].shape().get(axis)), g));
    }
    public Tensor batch(Tensor[] in) { return dispatch(new Sum(axis + 1), in); }
  }
  record Repeat(int axis, int count) implements DifferentiableOp { // along a new axis
    public List<Integer> shape(Tensor[] in) { return edit(in[0], dims -> dims.add(axis, count)); }
    public Value forward(Value[] in) {
      int inner = inner(in[0], axis), outer = inner * count;
      return fill(shape(in), i -> in[0].data[i / outer * inner + i % inner]);
    }
    public Tensor[] vjp(Tensor[] x, Tensor y, Tensor g) { return all(dispatch(new Sum(axis), g)); }
    public Tensor batch(Tensor[] in) { return dispatch(new Repeat(axis + 1, count), in); }
  }

  static final class Life {
    static final AtomicLong AGES = new AtomicLong();
    final long age = AGES.incrementAndGet();
    boolean open = true;
  }
  sealed interface Level {
    Life life();
    Tensor apply(Op op, Tensor[] in); // it owns at least one operand; none is of a younger level
    default boolean owns(Tensor x) { return x.level() == this; }
  }
  record Bottom(Life life) implements Level {
    public Tensor apply(Op op, Tensor[] in) {
      return op.forward(Stream.of(in).toArray(Value[]::new));
    }
  }
  static final Bottom BOTTOM = new Bottom(new Life()); // older than every other level

  static Tensor dispatch(Op op, Tensor... in) {
    Level youngest = Stream.of(in).map(Tensor::level)
        .max(Comparator.comparingLong(level -> level.life().age)).orElseThrow();
    if (!youngest.life().open) throw new IllegalStateException("a tensor outlived its call");
    op.shape(in); // a mistake is reported in the shapes that the caller sees
    return youngest.apply(op, in);
  }
  static <T> T during(Level level, Supplier<T> f) {
    try { return f.get(); } finally { level.life().open = false; }
  }

  record Node(DifferentiableOp op, Tensor[] in, Traced out) {}
  record Tape(Life life, List<Node> nodes) implements Level {
    Tape() { this(new Life(), new ArrayList<>()); }
    Tensor primal(Tensor x) { return owns(x) ? ((Traced) x).primal : x; }
    public Tensor apply(Op op, Tensor[] in) {
      Tensor out = dispatch(op, each(in, this::primal));
      if (!(op instanceof DifferentiableOp differentiable)) return out;
      nodes.add(new Node(differentiable, in, new Traced(this, out)));
      return nodes.getLast().out;
    }
    Map<Tensor, Tensor> pull(Tensor output, Tensor cotangent) {
      var sums = new IdentityHashMap<Tensor, Tensor>();
      sums.put(output, cotangent);
      for (Node node : nodes.reversed()) {
        Tensor g = sums.remove(node.out);
        if (g == null) continue;
        Tensor[] pulled = node.op.vjp(each(node.in, this::primal), node.out.primal, g);
        for (int i = 0; i < pulled.length; i++)
          if (owns(node.in[i])) sums.merge(node.in[i], pulled[i], Tensor::plus);
      }
      return sums;
    }
  }
  static Tensor grad(UnaryOperator<Tensor> f, Tensor at) {
    Tape tape = new Tape();
    Traced x = new Traced(tape, at);
    Tensor y = during(tape, () -> f.apply(x));
    var sums = tape.pull(y, scalar(1));
    if (sums.containsKey(x)) return sums.get(x);
    throw new IllegalStateException("the result does not depend on x");
  }

  record Batch(Life life, int size) implements Level {
    Tensor physical(Tensor x) {
      return owns(x) ? ((Batched) x).physical : dispatch(new Repeat(0, size), x);
    }
    public Tensor apply(Op op, Tensor[] in) {
      return new Batched(this, op.batch(each(in, this::physical)));
    }
  }
  static Tensor vmap(Function<Tensor[], Tensor> f, Tensor... in) {
    Batch batch = new Batch(new Life(), in[0].shape().getFirst());
    return batch.physical(during(batch, () -> f.apply(each(in, x -> new Batched(batch, x)))));
  }

  record Step(Op op, Tensor[] in, Tensor out) {}
  record Recorder(Life life, List<Step> steps, List<Tensor> captures) implements Level {
    Tensor known(Tensor x) {
      if (!owns(x) && captures.stream().noneMatch(captured -> captured == x)) captures.add(x);
      return x;
    }
    public Tensor apply(Op op, Tensor[] in) {
      steps.add(new Step(op, each(in, this::known), new Symbol(this, op.shape(in))));
      return steps.getLast().out;
    }
  }
  record Graph(Tensor[] inputs, List<Step> steps, Tensor output) {
    Tensor run(Tensor[] operands) {
      var now = new IdentityHashMap<Tensor, Tensor>();
      for (int i = 0; i < inputs.length; i++) now.put(inputs[i], operands[i]);
      for (Step step : steps) now.put(step.out, dispatch(step.op, each(step.in, now::get)));
      return now.get(output);
    }
  }
  record Checkpoint(Graph graph) implements DifferentiableOp {
    public List<Integer> shape(Tensor[] in) { return graph.output.shape(); }
    public Value forward(Value[] in) { return (Value) graph.run(in); }
    public Tensor[] vjp(Tensor[] x, Tensor y, Tensor g) {
      Tape tape = new Tape();
      Tensor[] leaves = each(x, operand -> new Traced(tape, operand));
      var sums = tape.pull(during(tape, () -> graph.run(leaves)), g);
      return each(leaves, leaf -> sums.getOrDefault(leaf, leaf.like(0)));
    }
    public Tensor batch(Tensor[] in) { return checkpoint(all -> vmap(graph::run, all), in); }
  }
  static Tensor checkpoint(Function<Tensor[], Tensor> f, Tensor... in) {
    Recorder recorder = new Recorder(new Life(), new ArrayList<>(), new ArrayList<>());
    Tensor[] symbols = each(in, x -> new Symbol(recorder, x.shape()));
    Tensor out = during(recorder, () -> recorder.known(f.apply(symbols)));
    Tensor[] captured = recorder.captures.toArray(Tensor[]::new);
    Graph graph = new Graph(join(symbols, captured), recorder.steps, out);
    return dispatch(new Checkpoint(graph), join(in, captured));
  }

  static Tensor[] all(Tensor... tensors) { return tensors; }
  static Tensor[] each(Tensor[] in, UnaryOperator<Tensor> f) {
    return Stream.of(in).map(f).toArray(Tensor[]::new);
  }
  static Tensor[] join(Tensor[] a, Tensor[] b) {
    return Stream.of(a, b).flatMap(Stream::of).toArray(Tensor[]::new);
  }
  static int size(List<Integer> shape) { return shape.stream().reduce(1, Math::multiplyExact); }
  static int inner(Value x, int axis) { return size(x.shape.subList(axis, x.shape.size())); }
  static List<Integer> edit(Tensor x, Consumer<List<Integer>> change) {
    var dims = new ArrayList<>(x.shape());
    change.accept(dims);
    return dims;
  }
  static Value fill(List<Integer> shape, IntToDoubleFunction at) {
    return new Value(shape, IntStream.range(0, size(shape)).mapToDouble(at).toArray());
  }
  static Tensor scalar(double x) { return fill(List.of(), i -> x); }
  static Tensor of(double... x) { return fill(List.of(x.length), i -> x[i]); }

  static Tensor bowl(Tensor x) { return x.sin().times(x); }
  static Tensor tuned(Tensor rate, Tensor x) { // the bowl after one step of gradient descent from x
    return bowl(x.minus(rate.times(grad(Tiny::bowl, x))));
  }
  static Tensor wave(Tensor a, Tensor x) { return checkpoint(in -> a.times(in[0]).sin(), x); }

  static void check(String what, Tensor got, double... want) {
    System.out.printf("%-46s %s, should be %s%n", what, got, Arrays.toString(want));
    for (int i = 0; i < want.length; i++)
      if (!(Math.abs(((Value) got).data[i] - want[i]) < 1e-12)) throw new AssertionError(what);
  }
  public static void main(String... args) {
    Tensor x = scalar(0.5), xs = of(0, 0.5, -1);
    check("sin' at x", grad(Tensor::sin, x), Math.cos(0.5));
    check("sin''' at x", grad(a -> grad(b -> grad(Tensor::sin, b), a), x), -Math.cos(0.5));
    check("d/dx x d/dy (x + y)", grad(a -> a.times(grad(b -> a.plus(b), x)), x), 1);
    check("relu' at each of xs", vmap(in -> grad(Tensor::relu, in[0]), xs), 0, 1, 0);
    check("gradient of the sum of exp over xs", grad(all -> vmap(in -> in[0].exp(), all).sum(), xs),
        1, Math.exp(0.5), Math.exp(-1));
    double slope = Math.sin(0.5) + 0.5 * Math.cos(0.5), end = 0.5 - 0.1 * slope;
    check("gradient for a learning rate", grad(rate -> tuned(rate, x), scalar(0.1)),
        -slope * (Math.sin(end) + end * Math.cos(end)));
    check("gradient for what a checkpoint captures", grad(a -> wave(a, x), scalar(2)),
        0.5 * Math.cos(1));
    check("second derivative through one, at each of xs",
        vmap(in -> grad(b -> grad(c -> wave(x, c), b), in[0]), xs),
        0, -0.25 * Math.sin(0.25), 0.25 * Math.sin(0.5));
    var leaked = new ArrayList<Tensor>();
    grad(a -> { leaked.add(a); return a.times(a); }, x);
    try {
      throw new AssertionError("a leaked tensor was used: " + leaked.getFirst().sin());
    } catch (IllegalStateException e) { System.out.println("a leaked tensor: " + e.getMessage()); }
  }
}
