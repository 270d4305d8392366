import module nestor.autodiff;
import nestor.autodiff.Key;
import static nestor.autodiff.Transform.*;

record Line(Tensor slope, Tensor offset) {}

void main() {
  Tensor x = Key.of(0).normal(DType.FLOAT64, 32);
  Tensor y = x.times(3).plus(1);
  Function<Line, Tensor> loss = l -> x.times(l.slope()).plus(l.offset()).minus(y).square().mean();
  Function<Tensor, Tensor> lossAfterTraining = rate -> {
    Line line = new Line(Tensor.scalar(0), Tensor.scalar(0));
    for (int step = 0; step < 5; step++) // a gradient has the type of what it is the gradient of
      line = Tree.zip(line, grad(loss, line), (p, g) -> p.minus(g.times(rate)));
    return loss.apply(line);
  };
  Tensor rate = Tensor.scalar(0.05);
  for (int i = 0; i <= 5; i++) {
    var out = valueAndGrad(lossAfterTraining, rate); // a gradient through five gradients
    IO.println("rate %.3f: loss %.5f".formatted(rate.item(), out.value().item()));
    rate = rate.minus(out.gradient().times(0.002));
  }
}
