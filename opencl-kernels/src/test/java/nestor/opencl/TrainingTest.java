package nestor.opencl;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.scan;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import nestor.autodiff.DType;
import nestor.autodiff.Frozen;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Tree;
import nestor.opencl.source.Style;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Compiled steps with fused loops, products, scans and conds, beside `cpu`.
class TrainingTest {
  /// A network and how often it was written.
  record Net(Tensor w, Tensor v, Tensor key, Tensor step) {
    static Net start() {
      return new Net(
          Key.of(1).normal(DType.FLOAT32, 12, 40).times(0.3),
          Key.of(2).normal(DType.FLOAT32, 40, 5).times(0.2),
          Key.of(3).words(),
          Tensor.scalar(0).cast(DType.FLOAT32));
    }

    /// A recurrent pass over a random sequence, and one gradient step; every third one is halved.
    Net next() {
      Key own = new Key(key);
      Tensor xs = own.fold(1).normal(DType.FLOAT32, 6, 8, 12);
      Net now = this;
      Net gradient =
          grad(net -> net.loss(xs), new Net(w, v, key, step), Frozen.paths("key", "step"));
      Tensor due = step.minus(step.div(3).floor().times(3)).equal(step.constant(0));
      Tensor rate =
          cond(due, (Tensor r) -> r.times(0.5), (Tensor r) -> r.times(1.0), step.constant(0.1));
      return new Net(
          w.minus(gradient.w.times(rate)),
          v.minus(gradient.v.times(rate)),
          own.fold(2).words(),
          now.step.plus(1));
    }

    private Tensor loss(Tensor xs) {
      Tensor h0 = Tensor.zeros(DType.FLOAT32, 8, 40);
      var run =
          scan(
              (Tensor h, Tensor x) -> {
                Tensor next = x.matmul(w).plus(h.times(0.5)).tanh();
                return new Transform.Step<>(next, next.matmul(v));
              },
              h0,
              xs);
      Tensor y = run.outputs();
      return y.minus(y.mean()).square().mean().plus(y.exp().sum().log().times(0.01));
    }
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void stepsAreThoseOfTheProcessor(Style style) {
    OpenClBackend opencl = InstalledDevice.open(style);
    try (opencl) {
      var step = compile(Net::next).donating();
      Net there = Tree.map(Net.start(), leaf -> leaf.on(opencl));
      Net here = Net.start();
      Census early = opencl.census();
      for (int i = 0; i < 60; i++) {
        here = here.next();
        there = step.apply(there);
        if (i == 30) {
          early = settled(opencl);
        }
      }
      assertArrayEquals(here.w().toDoubles(), there.w().toDoubles(), 2e-5);
      assertArrayEquals(here.v().toDoubles(), there.v().toDoubles(), 2e-5);
      assertEquals(60, there.step().item());
      assertTrue(early.total() > 0);
      assertEquals(early, settled(opencl), "handles of the driver grow");
    }
    assertEquals(0, opencl.census().total());
  }

  private static Census settled(OpenClBackend opencl) {
    opencl.finish();
    return opencl.census();
  }

  @ParameterizedTest
  @EnumSource(Style.class)
  void theSameDeviceGivesTheSameBits(Style style) {
    double[][] bits = new double[2][];
    for (int run = 0; run < 2; run++) {
      try (OpenClBackend opencl = InstalledDevice.open(style)) {
        var step = compile(Net::next);
        Net net = Tree.map(Net.start(), leaf -> leaf.on(opencl));
        for (int i = 0; i < 5; i++) {
          net = step.apply(net);
        }
        bits[run] = net.w().toDoubles();
      }
    }
    assertArrayEquals(bits[0], bits[1], 0);
  }
}
