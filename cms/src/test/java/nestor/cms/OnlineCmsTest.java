package nestor.cms;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.scan;
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
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
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
          TALLY.near(1e-13, Tensor.fromArray(mlp.a()), written ? block.a().get(sample) : block.a());
          TALLY.near(1e-13, Tensor.fromArray(mlp.b()), written ? block.b().get(sample) : block.b());
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

  @Test
  void nestedSystemsEqualTheNaiveLoop() {
    for (int[] periods : new int[][] {{1, 2, 4}, {2, 3, 7}, {3, 3}, {3, 6, 9}, {2, 0, 6}, {5}}) {
      for (int time : new int[] {1, 12, 15}) {
        var chain = OnlineCms.of(chain(F64, periods.length), levels(periods));
        equalsNaive(chain.resetting(), periods, time);
      }
      var headWise = OnlineCms.of(headWise(F64, periods.length), levels(periods));
      equalsNaive(headWise.resetting(), periods, 12);
    }
  }

  /// An outer level that writes nothing gives the inner ones their θ₀ back, with new optimizers.
  @Test
  void resetsRestoreTheInitialWeights() {
    var adam = Adam.withRate(0.01);
    var zero = GradientDescent.withRate(0);
    Cms cms = chain(F64, 3);
    var levels =
        List.of(OnlineLevel.every(1, adam), OnlineLevel.every(3, adam), OnlineLevel.every(6, zero));
    var online = OnlineCms.of(cms, levels).resetting();
    Tensor x = tokens("x", F64, 1, 12);
    var start = online.start(1);
    var state = start;
    for (int t = 1; t <= 12; t++) {
      Tensor token = x.slice(1, t - 1, t);
      state = online.apply(token, token.neg(), state).state();
      for (int l = 0; l < 2; l++) {
        if (t % 6 == 0) {
          TALLY.sameBits(start.levels().get(l), state.levels().get(l));
        } else if (l == 0 ? t % 3 == 0 : t % 6 >= 3) {
          TALLY.otherBits(cms.blocks().get(l), weights(online, state, l));
        }
      }
      if (t % 3 == 0) { // level 1 has learned where level 0 starts, and started it there
        List<Block> held = state.levels().get(1).params();
        TALLY.sameBits(held.get(0), state.levels().get(0).params().get(0));
        TALLY.equal(0.0, state.levels().get(0).clock().item());
      }
    }
  }

  private static Block weights(OnlineCms online, OnlineCms.State state, int level) {
    return Tree.map(online.current(state).blocks().get(level), leaf -> leaf.get(0));
  }

  /// Token by token, each level's weights have the same bits until one of its multiples.
  @Test
  void levelsAreWrittenAtMultiplesOfTheirPeriods() {
    int[] periods = {1, 2, 3, 7};
    var online = OnlineCms.of(chain(F64, 4), levels(periods));
    Tensor x = tokens("x", F64, 2, 22);
    Tensor target = tokens("target", F64, 2, 22);
    var state = online.start(2);
    int[] writes = new int[4];
    for (int t = 1; t <= 22; t++) {
      var next = online.apply(x.slice(1, t - 1, t), target.slice(1, t - 1, t), state).state();
      for (int l = 0; l < 4; l++) {
        Block before = online.current(state).blocks().get(l);
        Block after = online.current(next).blocks().get(l);
        if (t % periods[l] == 0) {
          TALLY.otherBits(before, after);
          writes[l]++;
        } else {
          TALLY.sameBits(before, after);
        }
      }
      state = next;
    }
    TALLY.equal(List.of(22, 11, 7, 3), Arrays.stream(writes).boxed().toList());
  }

  private static OnlineCms.Out inPieces(OnlineCms online, Tensor x, Tensor target, int... lengths) {
    var state = online.start(x.shape().dim(0));
    List<Tensor> values = new ArrayList<>();
    int from = 0;
    for (int length : lengths) {
      Tensor piece = x.slice(1, from, from + length);
      var out = online.apply(piece, target.slice(1, from, from + length), state);
      values.add(out.value());
      state = out.state();
      from += length;
    }
    return new OnlineCms.Out(Tensor.concat(1, values), state);
  }

  @Test
  void piecesOfAnyLengthAreOneSequence() {
    Tensor x = tokens("x", F64, 2, 40);
    Tensor target = tokens("target", F64, 2, 40);
    for (int[] periods : PERIODS) {
      for (var online : forms(periods)) {
        var whole = read(online, x, target);
        for (int[] lengths : new int[][] {{13, 27}, {1, 2, 0, 16, 20, 1}, {5, 5, 30}}) {
          var pieces = inPieces(online, x, target, lengths);
          TALLY.near(1e-13, whole, pieces);
          if (Arrays.stream(periods).anyMatch(p -> p == 1)) {
            TALLY.sameBits(whole, pieces);
          }
        }
      }
    }
  }

  private static List<OnlineCms> forms(int... periods) {
    var chain = OnlineCms.of(chain(F64, periods.length), levels(periods));
    var heads = OnlineCms.of(headWise(F64, periods.length), levels(periods));
    return List.of(chain, heads, chain.resetting());
  }

  @Test
  void piecesMayBeTheStepsOfALoop() {
    Tensor x = tokens("x", F64, 2, 35);
    Tensor target = tokens("target", F64, 2, 35);
    for (int[] periods : new int[][] {{1, 3}, {4, 8}, {3, 6}}) {
      for (var online : forms(periods)) {
        for (int length : new int[] {1, 7}) {
          Tensor xs = x.reshape(2, 35 / length, length, WIDTH).moveAxis(1, 0);
          Tensor targets = target.reshape(2, 35 / length, length, WIDTH).moveAxis(1, 0);
          var run =
              scan(
                  (OnlineCms.State now, Piece piece) -> {
                    var out = online.apply(piece.x, piece.target, now);
                    return new Step<>(out.state(), out.value());
                  },
                  online.start(2),
                  new Piece(xs, targets));
          var whole = read(online, x, target);
          TALLY.near(1e-13, whole.state(), run.carry());
          Tensor values = run.outputs().moveAxis(0, 1).reshape(2, 35, WIDTH);
          TALLY.near(1e-13, whole.value(), values);
        }
      }
    }
  }

  private record Piece(Tensor x, Tensor target) {}

  @Test
  void outputsDependOnEarlierTokensAndTargetsOnly() {
    Tensor x = tokens("x", F64, 1, 18);
    Tensor target = tokens("target", F64, 1, 18);
    for (int[] periods : new int[][] {{1, 4}, {3, 6}, {6}}) {
      for (var online : forms(periods)) {
        Tensor plain = read(online, x, target).value();
        for (int t : new int[] {0, 5, 6, 11, 17}) {
          Tensor otherX = changed(x, t);
          Tensor seen = read(online, otherX, target).value();
          TALLY.sameBits(plain.slice(1, 0, t), seen.slice(1, 0, t));
          TALLY.otherBits(plain.slice(1, t, t + 1), seen.slice(1, t, t + 1));
          Tensor taught = read(online, x, changed(target, t)).value();
          int write = (t / periods[0] + 1) * periods[0]; // the first token after the next write
          TALLY.sameBits(plain.slice(1, 0, write), taught.slice(1, 0, write));
          if (write < 18) {
            TALLY.otherBits(plain.slice(1, write, write + 1), taught.slice(1, write, write + 1));
          }
        }
      }
    }
  }

  /// The tokens with another one at t.
  private static Tensor changed(Tensor tokens, int t) {
    Tensor other = tokens.slice(1, t, t + 1).neg();
    int time = tokens.shape().dim(1);
    return Tensor.concat(1, List.of(tokens.slice(1, 0, t), other, tokens.slice(1, t + 1, time)));
  }

  @Test
  void samplesDoNotMix() {
    for (DType dtype : new DType[] {DType.FLOAT32, F64}) {
      Tensor x = tokens("x", dtype, 4, 13);
      Tensor target = tokens("target", dtype, 4, 13);
      for (int[] periods : new int[][] {{1, 3}, {2, 4}}) {
        var online = OnlineCms.of(chain(dtype, 2), levels(periods));
        Tensor all = read(online, x, target).value();
        for (int i = 0; i < 4; i++) {
          Tensor alone = read(online, x.slice(0, i, i + 1), target.slice(0, i, i + 1)).value();
          TALLY.sameBits(all.slice(0, i, i + 1), alone);
        }
        TALLY.sameBits(all.flip(0), read(online, x.flip(0), target.flip(0)).value());
      }
    }
  }

  @Test
  void oneBlockThatIsNeverWrittenIsAnOrdinaryOne() {
    Tensor x = tokens("x", F64, 2, 9);
    Block block = Streams.blocks(F64, 1).getFirst();
    var online = OnlineCms.of(Cms.Sequential.of(block), List.of(OnlineLevel.never()));
    var out = read(online, x, x);
    TALLY.sameBits(block.apply(x), out.value());
    TALLY.equal(List.of(), Tree.leaves(out.state()));
  }

  @Test
  void ratesOfZeroAndPeriodsLongerThanTheSequenceLeaveTheStaticNetwork() {
    var zero = GradientDescent.withRate(0);
    for (DType dtype : new DType[] {DType.FLOAT32, F64}) {
      Tensor x = tokens("x", dtype, 2, 9);
      for (Cms cms : List.of(chain(dtype, 2), headWise(dtype, 2))) {
        var sizes = List.of(OnlineLevel.every(2, zero), OnlineLevel.every(4, zero));
        TALLY.sameBits(cms.apply(x), read(OnlineCms.of(cms, sizes), x, x.neg()).value());
        TALLY.sameBits(cms.apply(x), read(OnlineCms.of(cms, levels(10, 20)), x, x.neg()).value());
        var tokens = List.of(OnlineLevel.every(1, zero), OnlineLevel.every(3, zero));
        TALLY.sameBits(byToken(cms, x), read(OnlineCms.of(cms, tokens), x, x.neg()).value());
        TALLY.near(1e-6, cms.apply(x), byToken(cms, x));
        var late = OnlineCms.of(cms, levels(11, 20));
        TALLY.sameBits(byToken(cms, x), read(late, x, x.neg()).value());
        TALLY.sameBits(byToken(cms, x), read(late.resetting(), x, x.neg()).value());
      }
    }
  }

  /// The outputs for one token after the other: a product with one row may add up in an order of
  /// its own.
  private static Tensor byToken(Cms cms, Tensor x) {
    List<Tensor> samples = new ArrayList<>();
    for (int i = 0; i < x.shape().dim(0); i++) {
      List<Tensor> tokens = new ArrayList<>();
      for (int t = 0; t < x.shape().dim(1); t++) {
        tokens.add(cms.apply(x.get(i).get(t)));
      }
      samples.add(Tensor.stack(0, tokens));
    }
    return Tensor.stack(0, samples);
  }

  @Test
  void compiledCallsHaveTheSameBits() {
    for (DType dtype : new DType[] {DType.FLOAT32, F64}) {
      Tensor x = tokens("x", dtype, 3, 17);
      Tensor target = tokens("target", dtype, 3, 17);
      for (int[] periods : new int[][] {{1, 2, 4}, {2, 3, 7}, {4, 8, 12}}) {
        for (Cms cms :
            List.of(chain(dtype, 3), headWise(dtype, 3), Cms.init(Streams.KEY, dtype, WIDTH, 3))) {
          var online = OnlineCms.of(cms, levels(periods));
          TALLY.sameBits(read(online, x, target), compiled(online, x, target));
          TALLY.sameBits(
              read(online.resetting(), x, target), compiled(online.resetting(), x, target));
        }
      }
    }
  }

  /// Adam on the sums, in a loop over tokens, samples and levels.
  @Test
  void optimizersKeepTheirStateFromWriteToWrite() {
    Tensor x = tokens("x", F64, 2, 17);
    Tensor target = tokens("target", F64, 2, 17);
    int[] periods = {2, 3};
    Adam adam = Adam.withRate(0.01);
    Cms cms = Cms.init(Streams.KEY, F64, WIDTH, 2);
    var online = OnlineCms.of(cms, List.of(OnlineLevel.every(2, adam), OnlineLevel.every(3, adam)));
    Tensor value = read(online, x, target).value();
    TALLY.sameBits(value, compiled(online, x, target).value());
    for (int sample = 0; sample < 2; sample++) {
      List<Adam.State<Block>> states = new ArrayList<>();
      List<Block> sums = new ArrayList<>();
      for (Block block : cms.blocks()) {
        states.add(adam.start(block));
        sums.add(Tree.map(block, Tensor::zerosLike));
      }
      for (int t = 0; t < 17; t++) {
        Tensor xt = x.get(sample).get(t);
        Tensor wanted = target.get(sample).get(t);
        Cms now = cms.with(states.stream().map(Adam.State::params).toList());
        TALLY.near(1e-13, now.apply(xt), value.get(sample).get(t));
        Cms g = grad((Cms c) -> c.apply(xt).minus(wanted).square().sum().times(0.5), now);
        for (int l = 0; l < 2; l++) {
          sums.set(l, Tree.zip(sums.get(l), g.blocks().get(l), Tensor::plus));
          if ((t + 1) % periods[l] == 0) {
            states.set(l, adam.next(states.get(l), sums.get(l)));
            sums.set(l, Tree.map(sums.get(l), Tensor::zerosLike));
          }
        }
      }
    }
  }

  @Test
  void levelsMustFitTheBlocks() {
    TALLY.fails(() -> OnlineCms.of(chain(F64, 3), levels(1, 2)), "3 blocks", "2 levels");
    var unsorted = OnlineCms.of(chain(F64, 2), levels(4, 2));
    TALLY.fails(unsorted::resetting, "period 2", "below 4");
    TALLY.fails(() -> levels(-1), "period", "-1");
  }
}
