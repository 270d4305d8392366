package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.jvp;
import static nestor.autodiff.Transform.stopGradient;
import static nestor.autodiff.Transform.valueAndGrad;
import static nestor.autodiff.Transform.valueAndGradWithAux;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.WithAux;
import nestor.autodiff.Tree;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Products with Jacobians and Hessians, and pullbacks as values.
class JacobianTest {
  private static final Tally TALLY = new Tally("products with Jacobians and Hessians");
  private static final Key KEY = Key.of(4);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  record Net(Tensor w, List<Tensor> b) {
    Tensor at(Tensor x) {
      return x.matmul(w).plus(b.get(0)).tanh().times(b.get(1).exp());
    }

    static Net draw(Key key, int... leading) {
      Tensor w = key.fold("w").normal(DType.FLOAT64, with(leading, 3, 2));
      Tensor bias = key.fold("b").normal(DType.FLOAT64, with(leading, 2));
      return new Net(w, List.of(bias, bias.times(0.3)));
    }
  }

  private static int[] with(int[] leading, int... rest) {
    int[] all = java.util.Arrays.copyOf(leading, leading.length + rest.length);
    System.arraycopy(rest, 0, all, leading.length, rest.length);
    return all;
  }

  private static Tensor normal(String name, int... dims) {
    return KEY.fold(name).normal(DType.FLOAT64, dims);
  }

  private static double inner(Object a, Object b) {
    List<Tensor> others = Tree.leaves(b);
    double sum = 0;
    for (int i = 0; i < others.size(); i++) {
      sum += Tree.leaves(a).get(i).dot(others.get(i)).item();
    }
    return sum;
  }

  private static <T> T moved(T at, T direction, double by) {
    return Tree.zip(at, direction, (x, v) -> x.plus(v.times(by)));
  }

  private static <T, R> R difference(Function<T, R> f, T at, T direction) {
    double h = 1e-3;
    R near =
        Tree.zip(
            f.apply(moved(at, direction, h)), f.apply(moved(at, direction, -h)), Tensor::minus);
    R far =
        Tree.zip(
            f.apply(moved(at, direction, 2 * h)),
            f.apply(moved(at, direction, -2 * h)),
            Tensor::minus);
    return Tree.zip(near, far, (a, b) -> a.times(8).minus(b).div(12 * h));
  }

  private static <T> List<Function<T, Tensor>> variants(Function<T, Tensor> f) {
    return List.of(f, x -> checkpoint(f, x), x -> checkpoint(y -> checkpoint(f, y), x));
  }

  @Test
  void jvpIsTheDirectionalDifferenceAndTheTransposeOfVjp() {
    Tensor x = normal("x", 5, 3);
    for (Function<Net, Tensor> f : variants((Net net) -> net.at(x))) {
      for (int i = 0; i < 5; i++) {
        Net at = Net.draw(KEY.fold(i));
        Net v = Net.draw(KEY.fold(100 + i));
        Tensor u = KEY.fold(200 + i).normal(DType.FLOAT64, 5, 2);
        var forward = jvp(f, at, v);
        TALLY.sameBits(f.apply(at), forward.value());
        TALLY.near(1e-9, difference(f, at, v), forward.tangent());
        double left = inner(u, forward.tangent());
        double right = inner(vjp(f, at).pullback().apply(u), v);
        TALLY.one(Math.abs(left - right) <= 1e-12 * Math.abs(left), left + " ≠ " + right);
      }
    }
  }

  @Test
  void jvpOfVmapAndVmapOfJvpEqualALoop() {
    Tensor x = normal("x", 5, 3);
    Net nets = Net.draw(KEY.fold("nets"), 4);
    Net directions = Net.draw(KEY.fold("directions"), 4);
    List<Tensor> values = new ArrayList<>();
    List<Tensor> tangents = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int example = i;
      var one =
          jvp(
              (Net net) -> net.at(x),
              Tree.map(nets, leaf -> leaf.get(example)),
              Tree.map(directions, leaf -> leaf.get(example)));
      values.add(one.value());
      tangents.add(one.tangent());
    }
    var outside = jvp((Net all) -> vmap((Net net) -> net.at(x), all), nets, directions);
    TALLY.near(1e-14, Tensor.stack(0, values), outside.value());
    TALLY.near(1e-14, Tensor.stack(0, tangents), outside.tangent());
    var inside = vmap((Net net, Net v) -> jvp((Net n) -> n.at(x), net, v), nets, directions);
    TALLY.near(1e-14, Tensor.stack(0, values), inside.value());
    TALLY.near(1e-14, Tensor.stack(0, tangents), inside.tangent());
    Tensor only = vmap((Tensor r) -> jvp((Tensor y) -> y.times(r).sin(), r, r).tangent(), x.get(0));
    TALLY.near(1e-14, x.get(0).times(x.get(0)).times(x.get(0).square().cos()), only);
  }

  @Test
  void hessiansAreSymmetricAndTheirProductsAgree() {
    Tensor x = normal("x", 5, 3);
    Function<Tensor, Tensor> plain =
        p -> x.matmul(p.slice(0, 0, 3)).tanh().times(p.slice(0, 2, 3).exp()).square().sum();
    Tensor at = normal("at", 4);
    for (Function<Tensor, Tensor> f : variants(plain)) {
      Tensor columns = vmap((Tensor e) -> hvp(f, at, e), Tensor.eye(DType.FLOAT64, 4));
      Tensor rows =
          Tensor.stack(
              0,
              List.of(0, 1, 2, 3).stream()
                  .map(i -> grad((Tensor p) -> grad(f, p).get(i), at))
                  .toList());
      TALLY.near(1e-13, columns.transpose(), columns);
      TALLY.near(1e-13, rows, columns);
      var gradient = vjp((Tensor p) -> grad(f, p), at);
      TALLY.near(1e-13, rows, vmap(gradient.pullback(), Tensor.eye(DType.FLOAT64, 4)));
      for (int i = 0; i < 5; i++) {
        Tensor v = KEY.fold(i).normal(DType.FLOAT64, 4);
        TALLY.near(1e-13, columns.matmul(v), hvp(f, at, v));
        TALLY.near(1e-8, difference((Tensor p) -> grad(f, p), at, v), hvp(f, at, v));
      }
      TALLY.derivatives((Tensor p) -> hvp(f, p, at), at, 2);
    }
    Tensor flat = hvp((Tensor p) -> p.sum(), at, at);
    TALLY.sameBits(at.zerosLike(), flat);
  }

  @Test
  void perturbationsAreNotConfused() {
    Tensor one = Tensor.scalar(1);
    Tensor two = Tensor.scalar(2);
    Function<Tensor, Tensor> sum = x -> x.times(grad((Tensor y) -> x.plus(y), one));
    TALLY.near(0, 1, grad(sum, one));
    Function<Tensor, Tensor> product = x -> x.times(grad((Tensor y) -> x.times(y), one));
    TALLY.near(0, 4, grad(product, two));
    TALLY.near(0, 2, grad((Tensor x) -> grad(product, x), two));
    Function<Tensor, Tensor> forward =
        x -> x.times(jvp((Tensor y) -> x.times(y), one, one).tangent());
    TALLY.near(0, 4, jvp(forward, two, one).tangent());
    TALLY.near(0, 4, grad(forward, two));
    TALLY.near(0, 2, hvp(forward, two, one));
    Function<Tensor, Tensor> shadow =
        x -> grad((Tensor y) -> grad((Tensor z) -> x.times(y).times(z).times(z), y), x);
    TALLY.near(0, 2 * 2 * 2 * 2, shadow.apply(two)); // d/dy 2xy² = 4xy at y = x
    TALLY.near(0, 16, grad(shadow, two)); // d/dx 4x²
    Function<Tensor, Tensor> mapped =
        x ->
            vmap((Tensor y) -> grad((Tensor z) -> x.times(z).times(y), y), Tensor.of(1., 2.)).sum();
    TALLY.near(0, 3, grad(mapped, two));
    TALLY.near(0, 2, grad((Tensor x) -> x.times(stopGradient(x)), two));
    Function<Tensor, Tensor> halfStopped =
        x -> x.times(grad((Tensor y) -> stopGradient(x).times(y.square()), x));
    TALLY.near(0, 16, grad(halfStopped, two)); // x (2 s x) with s = 2 held
  }

  @Test
  void pullbacksAreFunctionsLikeAnyOther() {
    Net at = Net.draw(KEY);
    Tensor x = normal("x", 5, 3);
    var out = vjp((Net net) -> net.at(x), at);
    Tensor g = normal("g", 5, 2);
    Tensor other = normal("other", 5, 2);
    Net first = out.pullback().apply(g);
    TALLY.sameBits(first, out.pullback().apply(g));
    Net sum = Tree.zip(first, out.pullback().apply(other), Tensor::plus);
    TALLY.near(1e-13, sum, out.pullback().apply(g.plus(other)));
    TALLY.derivatives((Tensor c) -> out.pullback().apply(c.square()).w().square(), g, 3);
    Net looped =
        Tree.zip(first, out.pullback().apply(other), (a, b) -> Tensor.stack(0, List.of(a, b)));
    TALLY.near(1e-13, looped, vmap(out.pullback(), Tensor.stack(0, List.of(g, other))));
    TALLY.derivatives(
        (Tensor w) -> {
          var inner = vjp((Tensor y) -> y.matmul(w).tanh(), x);
          return inner.pullback().apply(g).plus(inner.pullback().apply(inner.value()));
        },
        at.w(),
        3);
  }

  @Test
  void whatIsGivenBesidesTheValueLivesOn() {
    Tensor x = normal("x", 3);
    var out =
        valueAndGradWithAux(
            (Tensor y) -> new WithAux<>(y.square().sum(), List.of(y.exp(), y, x)), x);
    TALLY.near(
        1e-15,
        x.exp().plus(x).plus(x),
        out.aux().get(0).plus(out.aux().get(1)).plus(out.aux().get(2)));
    TALLY.near(1e-15, x.times(2), out.gradient());
    TALLY.derivatives(
        (Tensor w) -> {
          var inner =
              valueAndGradWithAux(
                  (Tensor y) -> new WithAux<>(y.times(w).sin().sum(), y.times(w).exp()), x);
          return inner.aux().times(inner.gradient()).plus(inner.value());
        },
        x,
        3);
    var both = valueAndGrad((Tensor y) -> y.sin().sum(), x);
    TALLY.near(1e-15, x.cos(), both.gradient());
    TALLY.near(1e-15, x.sin().sum(), both.value());
  }

  /// ∂²aᵇ/∂a∂b = aᵇ⁻¹ (1 + b ln a), which is 1/a at b = 0.
  @Test
  void zerothPowersHaveMixedDerivatives() {
    Tensor base = Tensor.of(2., 0.5, 3.);
    Function<List<Tensor>, Tensor> pow = p -> p.get(0).pow(p.get(1));
    TALLY.derivatives(pow, List.of(base, Tensor.of(0., 1., 2.)), 3);
    TALLY.derivatives(pow, List.of(base, Tensor.of(0., 0., 0.)), 3);
    Function<Tensor, Tensor> slope = b -> grad((Tensor a) -> a.pow(b).sum(), base).sum();
    TALLY.near(1e-14, base.reciprocal(), grad(slope, base.zerosLike()));
  }

  @Test
  void powersOfZeroHaveDerivativesOfEveryOrder() {
    Tensor zero = Tensor.scalar(0);
    Function<Tensor, Tensor> first = x -> grad((Tensor y) -> y.pow(2), x);
    Function<Tensor, Tensor> second = x -> grad(first, x);
    TALLY.near(0, 0, first.apply(zero));
    TALLY.near(0, 2, second.apply(zero));
    TALLY.near(0, 0, grad(second, zero));
    TALLY.near(0, 0, grad((Tensor x) -> grad((Tensor y) -> y.pow(1), x), zero));
  }
}
