package nestor.meta;

import static nestor.autodiff.Transform.vjp;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.NewtonSchulz;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// [DeepMomentumGradientDescent] takes the directions of [DeepMomentum], and with linear memories
/// those of [Muon].
class DeepMomentumGradientDescentTest {
  private static final Tally TALLY = new Tally("deep momentum as an optimizer");
  private static final Key KEY = Key.of(65);

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private record Params(Tensor weight, Tensor bias) {
    /// Both of norm 1.
    static Params random(int t) {
      Params p =
          new Params(
              KEY.fold(t).fold("w").normal(DType.FLOAT64, 4, 3),
              KEY.fold(t).fold("b").normal(DType.FLOAT64, 5));
      return Tree.map(p, leaf -> leaf.div(Tree.norm(leaf)));
    }
  }

  @Test
  void stepsFollowTheDirections() {
    DeepMomentum memory = new DeepMomentum(3, 5);
    var optimizer =
        new DeepMomentumGradientDescent(Tensor.scalar(0.3), Tensor.scalar(0.7), memory, 9);
    var state = optimizer.start(Params.random(0));
    var memories = memory.start(Key.of(9), Tree.leaves(Params.random(0)));
    List<Tensor> params = Tree.leaves(Params.random(0));
    for (int t = 1; t < 6; t++) {
      state = optimizer.next(state, Params.random(t));
      var step = memory.step(memories, Tree.leaves(Params.random(t)), Tensor.scalar(0.7));
      memories = step.state();
      params = Tree.zip(params, step.directions(), (p, d) -> p.minus(d.times(0.3)));
      TALLY.near(1e-14, params, Tree.leaves(state.params()));
      TALLY.near(0, memories, state.memories());
    }
    TALLY.otherBits(
        memory.start(Key.of(9), params), memory.start(Key.of(10), params)); // the seed counts
  }

  /// For gradients of one norm the linear memory is Muon's up to a factor, which Newton–Schulz does
  /// not see. Of a vector it makes the same; of a matrix too, once both iterations have converged,
  /// the cubic one by many iterations and Muon's, whose never does, by those upon it.
  @Test
  void linearMemoriesAreMuon() {
    var deep =
        new DeepMomentumGradientDescent(
            Tensor.scalar(0.3), Tensor.scalar(0.7), new DeepMomentum(0, 40), 0);
    var muon = new Muon(Tensor.scalar(0.3), Tensor.scalar(0.7), Tensor.scalar(0));
    var first = deep.start(Params.random(0));
    var second = muon.start(Params.random(0));
    for (int t = 1; t < 8; t++) {
      Params before = first.params();
      first = deep.next(first, Params.random(t));
      second = muon.next(second, Params.random(t));
      TALLY.near(1e-6, second.params().bias(), first.params().bias());
      Tensor direction = before.weight().minus(first.params().weight()).div(0.3);
      Tensor quintic = Matrices.orthogonal(second.memory().weight());
      TALLY.near(1e-6, NewtonSchulz.cubic(quintic, 40, 0), direction);
      var memory = (GradientMemory.Linear) first.memories().memories().get("[4, 3]");
      TALLY.near(1e-14, second.memory().weight().times(2), memory.mean().get(0)); // √rows
    }
  }

  /// A resting memory is not written, and nothing breaks, in either type.
  @Test
  void zeroGradientsAreFollowedByDerivativesOf1() {
    Tensor zero = Tensor.zeros(DType.FLOAT32, 4, 3);
    for (int hidden : new int[] {0, 3}) {
      var optimizer = DeepMomentumGradientDescent.withRate(0.5).with(new DeepMomentum(hidden, 5));
      var step = vjp((Tensor g) -> optimizer.next(optimizer.start(zero), g).params(), zero);
      Tensor slope = step.pullback().apply(zero.onesLike());
      // 1 − momentum of u reaches the mean; nothing is recalled by features that are 0.
      TALLY.near(1e-6, zero.plus(-0.5 * (1 - 0.9)), slope);
    }
  }
}
