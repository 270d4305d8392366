// Trains a small network and watches the largest curvature of its loss: two derivatives of one function.
import module nestor.autodiff;
import nestor.autodiff.Key;
import static nestor.autodiff.Transform.*;

record Net(Linear hidden, Linear out) {}

double sharpness(Function<Net, Tensor> loss, Net net) { // the Hessian's top eigenvalue, by power iteration
  Net v = net;
  for (int i = 0; i < 20; i++) {
    Tensor norm = Tree.norm(v);
    v = hvp(loss, net, Tree.map(v, leaf -> leaf.div(norm)));
  }
  return Tree.norm(v).item();
}

void main() {
  Key key = Key.of(0);
  Tensor x = key.fold("x").normal(DType.FLOAT64, 64, 2); // [sample, feature]
  Tensor y = x.sin().sumKeepDims(-1);
  Net net = new Net(Linear.init(key.fold(1), DType.FLOAT64, 2, 32), Linear.init(key.fold(2), DType.FLOAT64, 32, 1));
  Function<Net, Tensor> loss = n -> Losses.mse(n.out().apply(n.hidden().apply(x).tanh()), y);
  for (int step = 0; step <= 300; step++) {
    var out = valueAndGrad(loss, net);
    if (step % 100 == 0)
      IO.println("step %3d: loss %.5f, sharpness %.3f".formatted(step, out.value().item(), sharpness(loss, net)));
    net = Tree.zip(net, out.gradient(), (p, g) -> p.minus(g.times(0.2)));
  }
}
