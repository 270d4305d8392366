package nestor.laws;

import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.valueAndGrad;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Keep;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Tree;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Scans in other transformations, and those in scans; words of them stand in [TransformTest].
class ScanCompositionTest {
  private static final Tally TALLY = new Tally("scans in company");
  private static final Key KEY = Key.of(11);
  private static final Tensor X = KEY.fold("X").normal(DType.FLOAT64, 5, 3);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor normal(String name, int... dims) {
    return KEY.fold(name).normal(DType.FLOAT64, dims);
  }

  /// Meta-gradients through steps of descent whose gradients are taken inside the body.
  @Test
  void metaGradientsThroughStepsOfDescent() {
    record Meta(Tensor start, Tensor rate) {}
    Tensor targets = normal("targets", 6, 3);
    BiFunction<Tensor, Tensor, Tensor> loss = (w, y) -> w.times(w).sin().minus(y).square().sum();
    Function<Meta, Tensor> slow =
        m -> {
          Tensor w = m.start();
          for (int t = 0; t < 6; t++) {
            Tensor y = targets.get(t);
            w = w.minus(grad((Tensor v) -> loss.apply(v, y), w).times(m.rate()));
          }
          return loss.apply(w, targets.get(0));
        };
    Meta at = new Meta(normal("start", 3).times(0.3), Tensor.scalar(0.05));
    for (Keep keep : Keep.values()) {
      Function<Meta, Tensor> fast =
          m -> {
            var out =
                scan(
                    (Tensor w, Tensor y) -> {
                      var step = valueAndGrad((Tensor v) -> loss.apply(v, y), w);
                      Tensor next = w.minus(step.gradient().times(m.rate()));
                      return new Step<>(next, step.value());
                    },
                    m.start(),
                    targets,
                    keep);
            return loss.apply(out.carry(), targets.get(0));
          };
      TALLY.sameBits(slow.apply(at), fast.apply(at));
      TALLY.sameBits(grad(slow, at), grad(fast, at));
      TALLY.derivatives(fast, at, 3);
      Meta many = Tree.map(at, leaf -> Tensor.stack(0, List.of(leaf, leaf.times(0.7))));
      TALLY.near(
          1e-14, vmap((Meta m) -> grad(slow, m), many), vmap((Meta m) -> grad(fast, m), many));
    }
  }

  @Test
  void scansInScans() {
    for (Keep keep : Keep.values()) {
      Function<Tensor, Tensor> fast =
          c ->
              scan(
                      (Tensor h, Tensor x) -> {
                        var inner =
                            scan(
                                (Tensor k, Tensor e) ->
                                    new Step<>(k.times(e).plus(h).sin(), k.times(c)),
                                x,
                                X.slice(0, 0, 4).times(c),
                                keep);
                        return new Step<>(inner.carry(), inner.outputs().sum(0));
                      },
                      c.cos(),
                      X,
                      keep)
                  .outputs();
      Function<Tensor, Tensor> slow =
          c -> {
            List<Tensor> outputs = new ArrayList<>();
            Tensor h = c.cos();
            Tensor es = X.slice(0, 0, 4).times(c);
            for (int t = 0; t < 5; t++) {
              Tensor k = X.get(t);
              List<Tensor> inner = new ArrayList<>();
              for (int s = 0; s < 4; s++) {
                inner.add(k.times(c));
                k = k.times(es.get(s)).plus(h).sin();
              }
              h = k;
              outputs.add(Tensor.stack(0, inner).sum(0));
            }
            return Tensor.stack(0, outputs);
          };
      Tensor at = X.get(2);
      TALLY.sameBits(slow.apply(at), fast.apply(at));
      Function<Tensor, Tensor> slowLoss = c -> slow.apply(c).square().sum();
      Function<Tensor, Tensor> fastLoss = c -> fast.apply(c).square().sum();
      TALLY.near(1e-14, grad(slowLoss, at), grad(fastLoss, at));
      TALLY.near(1e-12, hvp(slowLoss, at, at), hvp(fastLoss, at, at));
      TALLY.derivatives(fast, at, 3);
      TALLY.near(1e-14, vmap(slow, X), vmap(fast, X));
      TALLY.derivatives((Tensor c) -> vmap(fast, c), X.slice(0, 0, 2), 2);
    }
  }

  @Test
  void whatNoExampleEntersIsShared() {
    record State(Tensor count, Tensor x) {}
    Function<Tensor, Tensor> f =
        x ->
            scan(
                    (State s) -> {
                      Tensor due =
                          s.count().remainder(s.count().constant(3)).equal(s.count().constant(0));
                      Tensor next =
                          cond(due, (Tensor y) -> y.times(x).sin(), y -> y.plus(1), s.x());
                      return new Step<>(new State(s.count().plus(1), next), s.count());
                    },
                    new State(Tensor.scalar(DType.INT64, 0), x),
                    7)
                .carry()
                .x();
    for (int i = 0; i < 5; i++) {
      TALLY.near(1e-15, f.apply(X.get(i)), vmap(f, X).get(i));
    }
    TALLY.derivatives((Tensor x) -> vmap(f, x), X, 2);
    TALLY.near(
        1e-14,
        vmap((Tensor x) -> grad((Tensor y) -> f.apply(y).sum(), x), X),
        grad((Tensor x) -> vmap(f, x).sum(), X));
  }

  @Test
  void pullbacksMayBeMapped() {
    for (Keep keep : Keep.values()) {
      Function<Tensor, Tensor> f =
          x ->
              scan((Tensor h, Tensor e) -> new Step<>(h.times(e).sin(), h), x.sum(0), x, keep)
                  .carry();
      var out = vjp(f, X);
      Tensor rows = vmap(out.pullback(), Tensor.eye(DType.FLOAT64, 3));
      for (int i = 0; i < 3; i++) {
        int row = i;
        TALLY.near(1e-15, grad((Tensor x) -> f.apply(x).get(row), X), rows.get(i));
      }
      Tensor single = X.cast(DType.FLOAT32);
      TALLY.equal(DType.FLOAT32, grad((Tensor x) -> f.apply(x).sum(), single).dtype());
      Tensor nested =
          vmap((Tensor s) -> vmap((Tensor e) -> f.apply(X.times(s).times(e)), X), X.get(0));
      TALLY.near(1e-15, f.apply(X.times(X.get(0).get(2)).times(X.get(4))), nested.get(2).get(4));
    }
  }

  /// What is mapped reaches the first carry only after steps.
  @Test
  void theBatchMayEnterCarriesOneAfterAnother() {
    Function<Tensor, List<Tensor>> f =
        x ->
            scan(
                    (List<Tensor> h) ->
                        new Step<>(
                            List.of(h.get(1), h.get(2).plus(1), h.get(2).times(x), h.get(3).neg()),
                            h.get(0)),
                    List.of(X.get(0), X.get(1), X.get(2), X.get(3)),
                    5)
                .carry();
    List<Tensor> mapped = vmap(f, X);
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 4; j++) {
        TALLY.sameBits(f.apply(X.get(i)).get(j), mapped.get(j).get(i));
      }
    }
  }
}
