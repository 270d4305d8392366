package nestor.cms;

import static nestor.autodiff.Transform.compile;
import static nestor.cms.Streams.WIDTH;
import static nestor.cms.Streams.chain;
import static nestor.cms.Streams.headWise;
import static nestor.cms.Streams.levels;
import static nestor.cms.Streams.read;
import static nestor.cms.Streams.tokens;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Normalization;
import nestor.laws.Tally;
import nestor.meta.Adam;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [OnlineCms] learns within a sequence, each level at its multiples.
class OnlineCmsTest {
  private static final Tally TALLY = new Tally("online continuum memory systems");
  private static final DType F64 = DType.FLOAT64;

  /// Periods that do and do not divide one another, with and without a common divisor.
  private static final int[][] PERIODS = {
    {1}, {4}, {1, 2, 4}, {2, 3, 7}, {3, 6, 9}, {4, 0, 10}, {5, 5}, {0, 3}
  };

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static NaiveCms naive(OnlineCms online, int[] periods, Tensor x, Tensor target) {
    double[] rates = new double[periods.length];
    Arrays.setAll(rates, Streams::rate);
    var mlps = online.initial().blocks().stream().map(NaiveCms::of).toList();
    NaiveCms naive =
        switch (online.initial()) {
          case Cms.Sequential chain ->
              new NaiveCms(
                  mlps, NaiveCms.Form.CHAIN, new double[0], periods, rates, online.inner());
          case Cms.HeadWise heads ->
              new NaiveCms(
                  mlps,
                  NaiveCms.Form.SIDE_BY_SIDE,
                  Normalization.softmax(heads.logits(), -1).toDoubles(),
                  periods,
                  rates,
                  online.inner());
        };
    naive.run((double[][]) x.toArray(), (double[][]) target.toArray());
    return naive;
  }

  private static void equalsNaive(OnlineCms online, int[] periods, int time) {
    Tensor x = tokens("x", F64, 2, time);
    Tensor target = tokens("target", F64, 2, time);
    for (var out : List.of(read(online, x, target), compiled(online, x, target))) {
      for (int sample = 0; sample < 2; sample++) {
        NaiveCms naive = naive(online, periods, x.get(sample), target.get(sample));
        Tensor expected = Tensor.fromArray(naive.outputs.toArray(double[][]::new));
        TALLY.near(1e-13, expected, out.value().get(sample));
        List<Block> blocks = online.current(out.state()).blocks();
        for (int l = 0; l < periods.length; l++) {
          ResidualMlp block = (ResidualMlp) blocks.get(l);
          boolean written = periods[l] > 0;
          NaiveCms.Mlp mlp = naive.blocks.get(l);
          TALLY.near(
              1e-13, Tensor.fromArray(mlp.a()), written ? block.a().get(sample) : block.a());
          TALLY.near(
              1e-13, Tensor.fromArray(mlp.b()), written ? block.b().get(sample) : block.b());
        }
      }
    }
  }

  private static OnlineCms.Out compiled(OnlineCms online, Tensor x, Tensor target) {
    return compile((Tensor a, Tensor b) -> read(online, a, b)).apply(x, target);
  }

  @Test
  void chainsEqualTheNaiveLoop() {
    for (int[] periods : PERIODS) {
      for (int time : new int[] {1, 7, 20}) {
        equalsNaive(OnlineCms.of(chain(F64, periods.length), levels(periods)), periods, time);
      }
    }
  }

  @Test
  void headWiseSystemsEqualTheNaiveLoop() {
    for (int[] periods : PERIODS) {
      equalsNaive(OnlineCms.of(headWise(F64, periods.length), levels(periods)), periods, 11);
    }
  }
}
