package nestor.autodiff;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/// What a checkpoint computes again stands in a region of its own wherever it is recorded.
class RecomputationTest {
  private static final Tensor X = Tensor.of(0.3, -0.8);

  private static Graph recorded(UnaryOperator<Tensor> f) {
    return recorded(f, X);
  }

  private static Graph recorded(UnaryOperator<Tensor> f, Tensor at) {
    return Recorder.trace(
        "plan", in -> new Tensor[] {f.apply(in[0])}, new TensorType[] {at.type()});
  }

  /// The regions of the steps that compute one operator, in their order.
  private static List<Integer> regions(Graph graph, Op op) {
    return graph.steps().stream()
        .filter(step -> step instanceof Graph.OpStep one && one.op().equals(op))
        .map(Graph.Step::region)
        .toList();
  }

  private static List<Integer> regionsOfCalls(Graph graph) {
    return graph.steps().stream()
        .filter(Graph.CallStep.class::isInstance)
        .map(Graph.Step::region)
        .toList();
  }

  private static Tensor once(Tensor x) {
    return checkpoint((Tensor y) -> y.sin().exp().sum(), x);
  }

  private static Tensor nested(Tensor x) {
    return checkpoint((Tensor y) -> checkpoint((Tensor z) -> z.sin().exp(), y).tanh().sum(), x);
  }

  @Test
  void recomputationsAreRegions() {
    assertEquals(List.of(0), regions(recorded(x -> x.sin()), Unary.SIN));
    assertEquals(List.of(0), regions(recorded(x -> grad(y -> y.sin().sum(), x)), Unary.SIN));
    Graph graph = recorded(x -> grad(RecomputationTest::once, x));
    assertEquals(List.of(1), regions(graph, Unary.SIN));
    assertEquals(List.of(0), regions(graph, Unary.COS)); // a derivative, not computed before
    assertEquals(List.of(0), regionsOfCalls(graph));
  }

  @Test
  void eachHasItsOwn() {
    Graph graph = recorded(x -> grad(y -> once(y).plus(once(y)), x));
    assertEquals(List.of(1, 2), regions(graph, Unary.SIN));
    graph = recorded(x -> grad(RecomputationTest::nested, x));
    assertEquals(List.of(1), regions(graph, Unary.TANH));
    assertEquals(List.of(2), regions(graph, Unary.SIN));
    assertEquals(List.of(0, 1), regionsOfCalls(graph)); // the inner one, forward and again
  }

  @Test
  void regionsLastWhenAGraphIsRecordedAgain() {
    Graph mapped =
        recorded(
            x -> vmap((Tensor e) -> grad(RecomputationTest::once, e), x),
            Tensor.of(Shape.of(2, 1), 0.1, 0.2));
    assertEquals(List.of(1), regions(mapped, Unary.SIN));
    Graph inner = recorded(x -> grad(RecomputationTest::once, x));
    Graph again =
        recorded(x ->
            inner.run(inner.operands(new Tensor[] {x}))[0].plus(
                inner.run(inner.operands(new Tensor[] {x}))[0]));
    assertEquals(List.of(1, 2), regions(again, Unary.SIN));
  }
}
