// Associative recall: eight pairs of key and value, then a key whose value is asked for. Every sequence model behind one
// interface, of the same number of parameters: ./nestor script examples/scripts/Recall.java [STEPS], 300 unless said otherwise.
import module nestor.autodiff;
import module nestor.hope;
import module nestor.meta;
import nestor.autodiff.Key;
import static nestor.autodiff.Transform.*;

final int pairs = 8;
final int width = 8;

record Batch(Tensor tokens, Tensor answer) {} // [samples, pairs + 1, 2 · width], [samples, width]

Batch draw(Key key, int samples) {
  Tensor keys = Normalization.l2Normalize(key.fold("keys").normal(DType.FLOAT32, samples, pairs, width), -1, 1e-6);
  Tensor values = key.fold("values").normal(DType.FLOAT32, samples, pairs, width);
  Tensor asked = key.fold("asked").integers(0, pairs, samples, 1);
  Tensor which = Tensor.arange(DType.INT64, pairs).equal(asked).cast(DType.FLOAT32).expandDims(1); // [samples, 1, pairs]
  Tensor question = which.matmul(keys);
  Tensor shown = Tensor.concat(2, List.of(keys, values));
  Tensor tokens = Tensor.concat(1, List.of(shown, Tensor.concat(2, List.of(question, question.zerosLike()))));
  return new Batch(tokens, which.matmul(values).reshape(samples, width));
}

Tensor loss(HopeModel<?> model, Batch batch) { // of the last token's output; to answer 0 gives 1
  Tensor y = model.read(batch.tokens());
  return Losses.mse(y.slice(1, pairs, pairs + 1).reshape(batch.answer().shape()), batch.answer());
}

void main(String[] args) {
  int steps = args.length > 0 ? Integer.parseInt(args[0]) : 300;
  var like = new HopeModel.Sizes(2 * width, width, 32, 1, 2);
  Key key = Key.of(0);
  Batch test = draw(key.fold("test"), 1000);
  Adam adam = Adam.withRate(0.01);
  IO.println("%-17s %10s %9s %9s".formatted("model", "parameters", "at first", "after " + steps));
  for (Baseline kind : Baseline.values()) {
    var sizes = kind.matched(like, 12_000);
    HopeModel<?> model = kind.init(key.fold("init"), DType.FLOAT32, sizes);
    var step = compile((Adam.State<HopeModel<?>> now, Key draw) ->
        adam.next(now, grad(m -> loss(m, draw(draw, 32)), now.params()))).donating();
    var now = adam.<HopeModel<?>>start(model);
    double before = loss(model, test).item();
    for (int i = 0; i < steps; i++) now = step.apply(now, key.fold("train").fold(i));
    IO.println("%-17s %10d %9.4f %9.4f".formatted(kind, kind.parameters(sizes), before, loss(now.params(), test).item()));
  }
}
