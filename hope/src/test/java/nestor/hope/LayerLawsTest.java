package nestor.hope;

import static nestor.autodiff.Transform.grad;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.hope.Layers.Case;
import nestor.hope.SequenceLayer.Out;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every layer reads sequences from left to right, each sample for itself.
class LayerLawsTest {
  private static final Tally TALLY = new Tally("layers: causality, isolation, pieces, reach");
  private static final int WIDTH = Layers.WIDTH;
  private static final int TIME = 7;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Stream<DynamicTest> each(Consumer<Case<?>> law) {
    return Layers.all().stream()
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> law.accept(one)));
  }

  private static Tensor tokens(int samples) {
    return Layers.tokens(samples, TIME, WIDTH);
  }

  private static <T> T sample(T tree, int i) {
    return Tree.map(tree, leaf -> leaf.slice(0, i, i + 1));
  }

  private static <T> T permuted(T tree, int... order) {
    return Tree.map(
        tree,
        leaf -> Tensor.concat(0, Arrays.stream(order).mapToObj(i -> sample(leaf, i)).toList()));
  }

  @TestFactory
  Stream<DynamicTest> outputsDoNotSeeTheFuture() {
    return each(LayerLawsTest::assertCausal);
  }

  private static <S> void assertCausal(Case<S> one) {
    for (SequenceLayer<S> layer : one.forms()) {
      Tensor y = layer.apply(tokens(2), one.state(2)).value();
      for (int t = 0; t < TIME; t++) {
        Tensor other = layer.apply(Layers.disturbed(tokens(2), 1, t), one.state(2)).value();
        if (t > 0) {
          TALLY.sameBits(y.slice(1, 0, t), other.slice(1, 0, t));
        }
        if (!(layer instanceof NoMemory)) {
          TALLY.otherBits(y.slice(1, t, t + 1), other.slice(1, t, t + 1));
        }
      }
    }
  }

  /// All but a window of one token, and no memory at all.
  @TestFactory
  Stream<DynamicTest> theFutureSeesWhatWasWritten() {
    return Layers.all().stream()
        .filter(one -> !one.name().equals("none") && !one.name().equals("window of 1"))
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> assertRemembers(one)));
  }

  private static <S> void assertRemembers(Case<S> one) {
    for (SequenceLayer<S> layer : one.forms()) {
      Tensor y = layer.apply(tokens(1), one.state(1)).value();
      Tensor other = layer.apply(Layers.disturbed(tokens(1), 0, 0), one.state(1)).value();
      for (int t = 1; t < 3; t++) {
        TALLY.otherBits(y.slice(1, t, t + 1), other.slice(1, t, t + 1));
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> permutedSamplesGivePermutedOutputs() {
    return each(LayerLawsTest::assertEquivariant);
  }

  private static <S> void assertEquivariant(Case<S> one) {
    int[] order = {3, 0, 4, 1, 2};
    for (SequenceLayer<S> layer : one.forms()) {
      Out<S> out = layer.apply(tokens(5), one.state(5));
      Out<S> other = layer.apply(permuted(tokens(5), order), permuted(one.state(5), order));
      TALLY.sameBits(permuted(out, order), other);
    }
  }

  @TestFactory
  Stream<DynamicTest> samplesDoNotSeeEachOther() {
    return each(LayerLawsTest::assertIsolated);
  }

  /// A product of more rows may be added up in another order: roundings of 1e-16, a few of them.
  private static <S> void assertIsolated(Case<S> one) {
    for (SequenceLayer<S> layer : one.forms()) {
      Out<S> out = layer.apply(tokens(4), one.state(4));
      Out<S> other = layer.apply(Layers.disturbed(tokens(4), 2, 0), one.state(4));
      for (int i = 0; i < 4; i++) {
        Out<S> alone = layer.apply(sample(tokens(4), i), sample(one.state(4), i));
        TALLY.near(1e-13, sample(out, i), alone);
        if (i != 2) {
          TALLY.sameBits(sample(out, i), sample(other, i));
        }
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> piecesGiveWhatTheWholeGives() {
    return each(LayerLawsTest::assertStreams);
  }

  private static <S> void assertStreams(Case<S> one) {
    for (SequenceLayer<S> layer : one.forms()) {
      Out<S> whole = layer.apply(tokens(3), one.state(3));
      for (int[] cuts : new int[][] {{0, 1, 2, 3, 4, 5, 6, 7}, {0, 4, 7}, {0, 1, 7}}) {
        List<Tensor> values = new ArrayList<>();
        S state = one.state(3);
        for (int i = 1; i < cuts.length; i++) {
          Out<S> piece = layer.apply(tokens(3).slice(1, cuts[i - 1], cuts[i]), state);
          values.add(piece.value());
          state = piece.state();
        }
        TALLY.near(1e-12, whole, new Out<>(Tensor.concat(1, values), state));
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> readingTwiceGivesTheSameAndChangesNothing() {
    return each(LayerLawsTest::assertPure);
  }

  private static <S> void assertPure(Case<S> one) {
    for (SequenceLayer<S> layer : one.forms()) {
      S state = one.state(3);
      S before = Tree.map(state, leaf -> leaf.times(leaf.constant(1)));
      List<double[]> parameters = Tree.leaves(layer).stream().map(Tensor::toDoubles).toList();
      Out<S> once = layer.apply(tokens(3), state);
      TALLY.sameBits(once, layer.apply(tokens(3), state));
      TALLY.sameBits(before, state);
      List<Tensor> after = Tree.leaves(layer);
      for (int i = 0; i < after.size(); i++) {
        TALLY.one(Arrays.equals(parameters.get(i), after.get(i).toDoubles()), "a parameter moved");
      }
    }
  }

  /// But for a window of one token: a weight of 1 does not ask its query.
  @TestFactory
  Stream<DynamicTest> everyElementOfEveryParameterIsReached() {
    return Layers.all().stream()
        .filter(one -> !one.name().equals("none") && !one.name().equals("window of 1"))
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> assertReached(one)));
  }

  private static <S> void assertReached(Case<S> one) {
    for (SequenceLayer<S> layer : one.forms()) {
      SequenceLayer<S> gradient =
          grad((SequenceLayer<S> m) -> m.apply(tokens(2), m.start(2)).value().sin().sum(), layer);
      Tree.toMap(gradient)
          .forEach((path, leaf) -> {
            for (double g : leaf.toDoubles()) {
              TALLY.one(g != 0, path + " has a gradient of 0");
            }
          });
    }
  }
}
