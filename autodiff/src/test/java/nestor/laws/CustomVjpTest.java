package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.customVjp;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;

import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import nestor.autodiff.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Functions with their own derivatives: straight-through estimates and implicit gradients.
class CustomVjpTest {
  private static final Tally TALLY = new Tally("functions with their own derivatives");
  private static final Tensor X = Tensor.of(0.3, 1.7, -2.2, 0.9);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor straightThrough(Tensor x) {
    return customVjp((Tensor at) -> at.round(), (at, y, g) -> g, x);
  }

  private static Tensor cube(Tensor x) {
    return customVjp(
        (Tensor at) -> at.times(at).times(at), (at, y, g) -> g.times(at.square()).times(3), x);
  }

  /// tanh by its own result: derivatives of higher order go through `y` back into this function.
  private static Tensor tanhByResult(Tensor x) {
    return customVjp((Tensor at) -> at.tanh(), (at, y, g) -> g.times(y.square().neg().plus(1)), x);
  }

  record Equation(Tensor a, Tensor b) {
    Tensor sides(Tensor z) {
      return z.times(a).tanh().times(0.5).plus(b);
    }
  }

  /// The z with z = tanh(a z) / 2 + b, found by a loop that ends when it stands still.
  private static Tensor untilItStandsStill(Equation at) {
    Tensor z = at.b();
    for (double moved = 1; moved > 1e-15; ) {
      Tensor next = at.sides(z);
      moved = next.minus(z).abs().max().item();
      z = next;
    }
    return z;
  }

  private static Tensor hundredSteps(Equation at) {
    Tensor z = at.b();
    for (int i = 0; i < 100; i++) {
      z = at.sides(z);
    }
    return z;
  }

  /// dz/dp = (∂F/∂p) / (1 − ∂F/∂z) for a pointwise z = F(p, z), written with differentiable
  /// operators.
  private static Equation implicit(Equation at, Tensor z, Tensor g) {
    Tensor slope = vjp(at::sides, z).pullback().apply(z.onesLike());
    Tensor w = g.div(slope.neg().plus(1));
    return vjp((Equation p) -> p.sides(z), at).pullback().apply(w);
  }

  private static Tensor solve(Equation at) {
    return customVjp(CustomVjpTest::untilItStandsStill, CustomVjpTest::implicit, at);
  }

  private static Tensor solveInHundredSteps(Equation at) {
    return customVjp(CustomVjpTest::hundredSteps, CustomVjpTest::implicit, at);
  }

  private static final Equation AT =
      new Equation(Tensor.of(0.9, -0.6, 1.2), Tensor.of(0.4, -0.3, 0.8));

  @Test
  void straightThroughEstimatesHaveTheStraightGradientInEveryTransformation() {
    List<UnaryOperator<Tensor>> forms =
        List.of(
            CustomVjpTest::straightThrough,
            x -> vmap(CustomVjpTest::straightThrough, x),
            x -> checkpoint(CustomVjpTest::straightThrough, x),
            x -> vmap((Tensor row) -> checkpoint(CustomVjpTest::straightThrough, row), x),
            x -> checkpoint((Tensor all) -> vmap(CustomVjpTest::straightThrough, all), x),
            x ->
                vmap((Tensor row) -> vmap(CustomVjpTest::straightThrough, row), x.reshape(2, 2))
                    .reshape(4));
    for (UnaryOperator<Tensor> form : forms) {
      TALLY.sameBits(X.round(), form.apply(X));
      Function<Tensor, Tensor> f = x -> form.apply(x).square().sum();
      TALLY.near(1e-15, X.round().times(2), grad(f, X));
      TALLY.near(1e-15, X.onesLike().times(2), hvp(f, X, X.onesLike()));
    }
  }

  @Test
  void exactRulesGiveExactDerivativesOfEveryOrder() {
    List<UnaryOperator<Tensor>> forms =
        List.of(
            CustomVjpTest::cube,
            CustomVjpTest::tanhByResult,
            x -> tanhByResult(cube(x)),
            x -> vmap(CustomVjpTest::tanhByResult, x),
            x -> checkpoint(CustomVjpTest::tanhByResult, x),
            x -> checkpoint((Tensor y) -> vmap((Tensor row) -> cube(tanhByResult(row)), y), x),
            x -> vmap((Tensor row) -> checkpoint((Tensor y) -> cube(tanhByResult(y)), row), x),
            x -> vmap((Tensor row) -> grad((Tensor y) -> cube(tanhByResult(y)), row), x));
    for (UnaryOperator<Tensor> form : forms) {
      TALLY.derivatives(form, X, 3);
      TALLY.derivatives((Tensor x) -> vmap(form, Tensor.stack(0, List.of(x, x.sin()))), X, 2);
    }
  }

  @Test
  void implicitGradientsAreThoseOfTheSolution() {
    TALLY.derivatives(CustomVjpTest::solve, AT, 3);
    TALLY.near(1e-14, hundredSteps(AT), solve(AT));
    Equation unrolled = grad((Equation e) -> hundredSteps(e).square().sum(), AT);
    TALLY.near(1e-13, unrolled, grad((Equation e) -> solve(e).square().sum(), AT));
    Equation direction = new Equation(Tensor.of(0.2, 1, -0.5), Tensor.of(-0.3, 0.1, 0.6));
    TALLY.near(
        1e-12,
        hvp((Equation e) -> hundredSteps(e).square().sum(), AT, direction),
        hvp((Equation e) -> solve(e).square().sum(), AT, direction));
  }

  @Test
  void implicitGradientsWorkInVmapAndCheckpoint() {
    List<Function<Equation, Tensor>> forms =
        List.of(
            e -> vmap(CustomVjpTest::solveInHundredSteps, e),
            e -> checkpoint(CustomVjpTest::solveInHundredSteps, e),
            e -> vmap((Equation one) -> checkpoint(CustomVjpTest::solveInHundredSteps, one), e),
            e -> checkpoint((Equation all) -> vmap(CustomVjpTest::solveInHundredSteps, all), e));
    for (Function<Equation, Tensor> form : forms) {
      TALLY.near(1e-14, hundredSteps(AT), form.apply(AT));
      TALLY.derivatives(form, AT, 3);
    }
  }

  /// Under these two transformations tensors have no single value that a loop could look at.
  @Test
  void loopsUntilConvergenceAreRefusedInVmapAndCheckpoint() {
    TALLY.fails(() -> vmap(CustomVjpTest::solve, AT), "item", "float64[]", "vmap");
    TALLY.fails(() -> checkpoint(CustomVjpTest::solve, AT), "item", "float64[]", "traces");
    Function<Equation, Tensor> outside = e -> vmap((Tensor z) -> z.square(), solve(e));
    TALLY.derivatives(outside, AT, 3);
    TALLY.derivatives(
        (Equation e) -> checkpoint((Tensor z) -> z.times(e.a()).sin(), solve(e)), AT, 3);
  }

  @Test
  void oneTensorMayBeTwoOperands() {
    record Two(Tensor a, Tensor b) {}
    UnaryOperator<Tensor> product =
        x ->
            customVjp(
                (Two in) -> in.a().times(in.b()),
                (in, y, g) -> new Two(g.times(in.b()), g.times(in.a())),
                new Two(x, x));
    TALLY.near(1e-15, X.times(2), grad((Tensor x) -> product.apply(x).sum(), X));
    TALLY.derivatives(product, X, 3);
    TALLY.derivatives((Tensor x) -> checkpoint(product, x.sin()), X, 3);
    TALLY.derivatives((Tensor x) -> vmap(product, x.sin()), X, 3);
  }

  @Test
  void oneOperandMayBeTheSameForAllExamples() {
    record Two(Tensor a, Tensor b) {}
    UnaryOperator<Tensor> scaled =
        c ->
            vmap(
                (Tensor row) ->
                    customVjp(
                        (Two in) -> in.a().times(in.b()),
                        (in, y, g) -> new Two(g.times(in.b()), g.times(in.a())),
                        new Two(row, c)),
                X.reshape(2, 2));
    Tensor c = X.slice(0, 1, 3);
    TALLY.sameBits(X.reshape(2, 2).times(c), scaled.apply(c));
    TALLY.derivatives(scaled, c, 2);
  }

  @Test
  void treesAndSeveralResultsKeepTheirPlaces() {
    record In(List<Tensor> list, Tensor steps, String name) {}
    record Out(Tensor sum, In echo) {}
    In in = new In(List.of(X, X.sin()), Tensor.of(1L, 2L, 3L, 4L), "kept");
    Function<List<Tensor>, Out> f =
        list ->
            customVjp(
                (In at) -> new Out(at.list().get(0).plus(at.list().get(1).times(2)), at),
                (at, y, g) ->
                    new In(
                        List.of(
                            g.sum().plus(g.echo().list().get(0)),
                            g.sum().times(2).plus(g.echo().list().get(1))),
                        at.steps().zerosLike(),
                        at.name()),
                new In(list, in.steps(), in.name()));
    Out out = f.apply(in.list());
    TALLY.equal("kept", out.echo().name());
    TALLY.sameBits(in.steps(), out.echo().steps());
    for (var form : List.<Function<List<Tensor>, Out>>of(f, list -> checkpoint(f, list))) {
      TALLY.derivatives(
          (List<Tensor> list) -> {
            Out o = form.apply(list);
            return o.sum().times(o.echo().list().get(0)).sin();
          },
          in.list(),
          3);
    }
  }
}
