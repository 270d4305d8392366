package nestor.hope;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Linear;
import nestor.hope.AssociativeMemory.Out;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Memories and models read sequences from left to right, each sample for itself.
class SequencesTest {
  private static final Tally TALLY = new Tally("sequences: causality, isolation, pieces");
  private static final int WIDTH = Memories.WIDTH;
  private static final int TIME = 6;

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor sample(Tensor batch, int i) {
    return batch.slice(0, i, i + 1);
  }

  private static Tensor permuted(Tensor batch, int[] order) {
    return Tensor.concat(0, Arrays.stream(order).mapToObj(i -> sample(batch, i)).toList());
  }

  private static HopeModel.Out permuted(HopeModel.Out out, int[] order) {
    return new HopeModel.Out(
        permuted(out.value(), order), out.states().stream().map(s -> permuted(s, order)).toList());
  }

  /// Contents of a model's memories that are not where they start.
  private static List<Tensor> contents(HopeModel model, int samples) {
    return model.layers().stream().map(layer -> Memories.content(layer.memory(), samples)).toList();
  }

  private static List<Tensor> of(List<Tensor> states, int sample) {
    return states.stream().map(s -> sample(s, sample)).toList();
  }

  private static Tensor features(int samples) {
    return Memories.tokens(samples, TIME, 3);
  }

  @Test
  void permutedSamplesGivePermutedOutputs() {
    int[] order = {3, 0, 4, 1, 2};
    for (AssociativeMemory memory : Memories.all()) {
      HopeModel model = Memories.model(memory);
      HopeModel.Out out = model.apply(features(5), contents(model, 5));
      List<Tensor> states =
          contents(model, 5).stream().map(state -> permuted(state, order)).toList();
      HopeModel.Out other = model.apply(permuted(features(5), order), states);
      TALLY.sameBits(permuted(out, order), other);
    }
  }

  /// A product of more rows may be added up in another order: roundings of 1e-16, a few of them.
  @Test
  void samplesOfABatchAreReadAsAlone() {
    for (AssociativeMemory memory : Memories.all()) {
      HopeModel model = Memories.model(memory);
      List<Tensor> states = contents(model, 8);
      HopeModel.Out out = model.apply(features(8), states);
      for (int i = 0; i < 8; i++) {
        HopeModel.Out alone = model.apply(sample(features(8), i), of(states, i));
        TALLY.near(1e-14, sample(out.value(), i), alone.value());
        TALLY.near(1e-14, of(out.states(), i), alone.states());
      }
    }
  }

  /// x with noise added to one sample at one time.
  private static Tensor disturbed(Tensor x, int sample, int t) {
    double[] values = x.toDoubles();
    int features = x.shape().dim(2);
    for (int i = 0; i < features; i++) {
      values[(sample * x.shape().dim(1) + t) * features + i] += 1 + i;
    }
    return Tensor.of(x.shape(), values);
  }

  @Test
  void samplesDoNotSeeEachOther() {
    for (AssociativeMemory memory : Memories.all()) {
      HopeModel model = Memories.model(memory);
      List<Tensor> states = contents(model, 4);
      HopeModel.Out out = model.apply(features(4), states);
      HopeModel.Out other = model.apply(disturbed(features(4), 2, 0), states);
      for (int i : new int[] {0, 1, 3}) {
        TALLY.sameBits(sample(out.value(), i), sample(other.value(), i));
        TALLY.sameBits(of(out.states(), i), of(other.states(), i));
      }
      TALLY.otherBits(sample(out.value(), 2), sample(other.value(), 2));
    }
  }

  @Test
  void outputsDoNotSeeTheFuture() {
    for (AssociativeMemory memory : Memories.all()) {
      HopeModel model = Memories.model(memory);
      List<Tensor> states = contents(model, 2);
      HopeModel.Out out = model.apply(features(2), states);
      for (int t = 0; t < TIME; t++) {
        HopeModel.Out other = model.apply(disturbed(features(2), 1, t), states);
        if (t > 0) {
          TALLY.sameBits(out.value().slice(1, 0, t), other.value().slice(1, 0, t));
        }
        TALLY.otherBits(out.value().slice(1, t, t + 1), other.value().slice(1, t, t + 1));
      }
    }
  }

  @Test
  void theFutureSeesWhatWasWritten() {
    for (AssociativeMemory memory : List.of(Memories.gated(WIDTH), Memories.delta(WIDTH))) {
      Tensor x = Memories.tokens(1, TIME, WIDTH);
      Out out = memory.apply(x, memory.start(1));
      Out other = memory.apply(disturbed(x, 0, 0), memory.start(1));
      for (int t = 1; t < TIME; t++) {
        TALLY.otherBits(Memories.token(out.value(), t), Memories.token(other.value(), t));
      }
    }
  }

  /// The projections of a piece are products of fewer rows.
  @Test
  void piecesGiveWhatTheWholeGives() {
    for (AssociativeMemory memory : Memories.all()) {
      HopeModel model = Memories.model(memory);
      HopeModel.Out whole = model.apply(features(3), contents(model, 3));
      for (int[] cuts : new int[][] {{0, 1, 2, 3, 4, 5, 6}, {0, 4, 6}, {0, 1, 6}}) {
        List<Tensor> values = new ArrayList<>();
        List<Tensor> states = contents(model, 3);
        for (int i = 1; i < cuts.length; i++) {
          HopeModel.Out piece = model.apply(features(3).slice(1, cuts[i - 1], cuts[i]), states);
          values.add(piece.value());
          states = piece.states();
        }
        TALLY.near(1e-14, whole.value(), Tensor.concat(1, values));
        TALLY.near(1e-14, whole.states(), states);
      }
    }
  }

  @Test
  void readingTwiceGivesTheSameAndChangesNothing() {
    for (AssociativeMemory memory : Memories.all()) {
      HopeModel model = Memories.model(memory);
      List<Tensor> states = contents(model, 3);
      HopeModel.Out once = model.apply(features(3), states);
      TALLY.sameBits(once, model.apply(features(3), states));
      TALLY.sameBits(contents(model, 3), states);
      TALLY.sameBits(Memories.model(memory), model);
    }
  }

  @Test
  void memoriesStartFromTheLearnedContentInEachSample() {
    GatedDeltaRule gated = Memories.gated(WIDTH);
    DeltaRule delta = Memories.delta(WIDTH);
    for (int i = 0; i < 5; i++) {
      TALLY.sameBits(gated.initial(), gated.start(5).get(i));
      TALLY.sameBits(delta.initial(), delta.start(5).get(i));
    }
    HopeModel model = Memories.model(gated);
    TALLY.equal(2, model.start(5).size());
    TALLY.sameBits(model.layers().get(1).memory().start(5), model.start(5).get(1));
  }

  @Test
  void noMemoryReadsNothingAndHasNoParameters() {
    NoMemory none = new NoMemory(DType.FLOAT32);
    TALLY.equal(List.of(), Tree.leaves(none));
    TALLY.equal(0, none.start(3).shape().size());
    Tensor x = Memories.tokens(3, TIME, WIDTH).cast(DType.FLOAT32);
    Out out = none.apply(x, none.start(3));
    TALLY.sameBits(x.zerosLike(), out.value());
    TALLY.sameBits(none.start(3), out.state());
  }

  @Test
  void newModelsAreTheLinearMapOfTheirProjections() {
    HopeModel.Sizes sizes = new HopeModel.Sizes(3, 2, WIDTH, 3, 2);
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      Tensor x = features(4).cast(dtype);
      for (var memory :
          List.<Function<Key, AssociativeMemory>>of(
              key -> GatedDeltaRule.init(key, dtype, WIDTH),
              key -> DeltaRule.init(key, dtype, WIDTH),
              key -> new NoMemory(dtype))) {
        HopeModel model = HopeModel.init(Memories.KEY, dtype, sizes, memory);
        Linear output = model.output();
        Tensor expected = output.apply(model.input().apply(x));
        TALLY.sameBits(expected, model.apply(x, model.start(4)).value());
        TALLY.sameBits(Tensor.zeros(dtype, WIDTH), model.input().bias());
        TALLY.sameBits(Tensor.zeros(dtype, 2), output.bias());
      }
    }
  }
}
