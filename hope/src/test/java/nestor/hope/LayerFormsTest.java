package nestor.hope;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;

import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Vjp;
import nestor.autodiff.Tree;
import nestor.hope.Layers.Case;
import nestor.hope.SequenceLayer.Out;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every layer gives in every form, eagerly and compiled, the same outputs, states and gradients.
class LayerFormsTest {
  private static final Tally TALLY = new Tally("layers in their forms, eager and compiled");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// A layer, tokens and the numbers of what was read before them.
  private record At<S>(SequenceLayer<S> layer, Tensor x, List<Tensor> numbers) {
    static <S> At<S> of(SequenceLayer<S> layer, Tensor x, S state) {
      return new At<>(layer, x, Tree.leaves(state).stream().filter(At::isNumber).toList());
    }

    private static boolean isNumber(Tensor leaf) {
      return leaf.dtype().isFloat();
    }

    /// What is read after a state with these numbers.
    Out<S> read(S like) {
      Iterator<Tensor> next = numbers.iterator();
      return layer.apply(x, Tree.map(like, leaf -> isNumber(leaf) ? next.next() : leaf));
    }

    /// Of a random cotangent.
    At<S> gradient(S like) {
      Vjp<At<S>, Out<S>> run = vjp((At<S> at) -> at.read(like), this);
      return run.pullback().apply(cotangent(run.value()));
    }
  }

  private static <S> Out<S> cotangent(Out<S> like) {
    return Tree.mapWithPath(
        like,
        (path, leaf) ->
            leaf.dtype().isFloat()
                ? Layers.KEY
                    .fold("c " + path)
                    .normal(DType.FLOAT64, leaf.shape().toArray())
                    .cast(leaf.dtype())
                : leaf.zerosLike());
  }

  private record Both<S>(Out<S> out, At<S> gradient) {
    static <S> Both<S> of(At<S> at, S like) {
      return new Both<>(at.read(like), at.gradient(like));
    }
  }

  @TestFactory
  Stream<DynamicTest> chunksEqualTheRecurrenceWithGradients() {
    return Layers.all().stream()
        .filter(one -> !one.others().isEmpty())
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> assertEqualForms(one)));
  }

  private static <S> void assertEqualForms(Case<S> one) {
    for (int time : new int[] {1, 3, 11}) {
      Tensor x = Layers.tokens(2, time, Layers.WIDTH);
      S state = one.state(2);
      Both<S> recurrent = Both.of(At.of(one.layer(), x, state), state);
      for (SequenceLayer<S> other : one.others()) {
        Both<S> chunks = Both.of(At.of(other, x, state), state);
        TALLY.near(1e-10, recurrent, chunks);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> compiledEqualsEagerToTheBit() {
    return Layers.all().stream()
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> assertCompiled(one)));
  }

  private static <S> void assertCompiled(Case<S> one) {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      for (SequenceLayer<S> form : one.forms()) {
        S state = one.state(2);
        At<S> at = At.of(form, Layers.tokens(2, 5, Layers.WIDTH), state);
        At<S> cast = Layers.cast(at, dtype);
        Both<S> eager = Both.of(cast, state);
        for (Tensor leaf : Tree.leaves(eager)) {
          TALLY.one(!leaf.dtype().isFloat() || leaf.dtype() == dtype, "a type has changed");
        }
        TALLY.sameBits(eager, compile((At<S> a) -> Both.of(a, state)).apply(cast));
        double tolerance = dtype == DType.FLOAT32 ? 2e-4 : 0;
        TALLY.near(tolerance, Both.of(at, state), Layers.cast(eager, DType.FLOAT64));
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> mappedReadsAreReadsOneByOne() {
    return Layers.all().stream()
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> assertMapped(one)));
  }

  private static <S> void assertMapped(Case<S> one) {
    Tensor batches = Layers.tokens(6, 5, Layers.WIDTH).reshape(3, 2, 5, Layers.WIDTH);
    for (SequenceLayer<S> layer : one.forms()) {
      Tensor given = vmap((Tensor x) -> layer.apply(x, one.state(2)).value(), batches);
      for (int i = 0; i < 3; i++) {
        TALLY.near(1e-13, layer.apply(batches.get(i), one.state(2)).value(), given.get(i));
      }
    }
  }
}
