package nestor.autodiff;

import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.UnaryOperator;
import nestor.autodiff.Transform.Step;
import org.junit.jupiter.api.Test;

/// What scans become when they are recorded, and what they keep.
class ScanGraphTest {
  private static final TensorType CARRY = new TensorType(DType.FLOAT64, Shape.of(3));
  private static final TensorType WEIGHTS = new TensorType(DType.FLOAT64, Shape.of(3, 3));

  private static Graph recorded(UnaryOperator<Tensor[]> f, TensorType... types) {
    return Recorder.trace("plan", f, types);
  }

  private static List<Scan> scans(Graph graph) {
    List<Scan> scans = new ArrayList<>();
    for (Graph.Step step : graph.steps()) {
      if (step instanceof Graph.CallStep of && of.call() instanceof Scan scan) {
        scans.add(scan);
      }
    }
    return scans;
  }

  /// The elements that the calls of a graph give per step or segment, all together.
  private static int collected(Scan scan) {
    TensorType[] types = scan.body().types();
    return Arrays.stream(types, scan.carries(), types.length)
        .mapToInt(type -> type.shape().size())
        .sum();
  }

  private static Tensor last(Tensor[] in, int length, Keep keep) {
    return scan((Tensor h) -> new Step<>(h.matmul(in[1]).tanh(), List.of()), in[0], length, keep)
        .carry()
        .sum();
  }

  private static Tensor[] gradients(UnaryOperator<Tensor[]> f, Tensor[] in) {
    return grad((List<Tensor> at) -> f.apply(at.toArray(Tensor[]::new))[0], List.of(in))
        .toArray(Tensor[]::new);
  }

  @Test
  void aGradientIsAScanBackward() {
    Graph graph =
        recorded(in -> gradients(at -> new Tensor[] {last(at, 100, Keep.ALL)}, in), CARRY, WEIGHTS);
    List<Scan> scans = scans(graph);
    assertEquals(2, scans.size());
    assertEquals(Scan.Direction.FORWARD, scans.get(0).direction());
    assertEquals(Scan.Direction.REVERSE, scans.get(1).direction());
    assertEquals(3, collected(scans.get(0))); // the carries
    assertEquals(0, collected(scans.get(1)));
    assertEquals(2, scans.get(1).carries()); // λ and the sum for the weights
    assertTrue(scans.stream().allMatch(scan -> scan.body().steps().size() < 20));
  }

  /// What the second derivative keeps of the scan backward is λ, not the sums for the weights.
  @Test
  void higherDerivativesKeepNoSums() {
    UnaryOperator<Tensor[]> first =
        at -> gradients(in -> new Tensor[] {last(in, 100, Keep.ALL)}, at);
    Graph graph =
        recorded(
            in ->
                gradients(
                    at -> {
                      Tensor[] g = first.apply(at);
                      return new Tensor[] {g[0].square().sum().plus(g[1].square().sum())};
                    },
                    in),
            CARRY,
            WEIGHTS);
    for (Scan scan : scans(graph)) {
      assertTrue(collected(scan) <= 6, "keeps %d numbers per step".formatted(collected(scan)));
    }
    assertEquals(4, scans(graph).size());
  }

  /// The same of scans in scans, through whose calls it must be seen that the sums are not read.
  @Test
  void higherDerivativesOfNestedScansKeepNoSums() {
    UnaryOperator<Tensor[]> first =
        at -> gradients(in -> new Tensor[] {last(in, 100, Keep.SQRT)}, at);
    Graph graph =
        recorded(
            in -> gradients(at -> new Tensor[] {first.apply(at)[1].square().sum()}, in),
            CARRY,
            WEIGHTS);
    for (Scan scan : scans(graph)) {
      assertTrue(collected(scan) <= 6, "keeps %d numbers per segment".formatted(collected(scan)));
    }
  }

  @Test
  void recordedScansAreTheirOwnRecordedForm() {
    Graph graph = recorded(in -> new Tensor[] {last(in, 100, Keep.ALL)}, CARRY, WEIGHTS);
    Scan scan = scans(graph).getFirst();
    TensorType[] types = {WEIGHTS, CARRY};
    boolean[] wanted = {true, true};
    Call once = scan.recorded(types, wanted);
    assertEquals(scan.results(types).length + 1, once.results(types).length);
    assertEquals(once, once.recorded(types, wanted));
  }

  /// Adding needs no value for its derivative.
  @Test
  void carriesThatNoDerivativeReadsAreNotKept() {
    Graph graph =
        recorded(
            in ->
                gradients(
                    at ->
                        new Tensor[] {
                          scan((Tensor h) -> new Step<>(h.plus(at[1]), List.of()), at[0], 100)
                              .carry()
                              .sum()
                        },
                    in),
            CARRY,
            CARRY);
    assertEquals(0, collected(scans(graph).getFirst()));
  }

  /// A counter that no example enters is counted once, and what it decides is decided once.
  @Test
  void mappedScansShareWhatNoExampleEnters() {
    record State(Tensor count, Tensor x) {}
    Graph graph =
        recorded(
            in -> {
              Tensor zero = Tensor.scalar(DType.INT64, 0);
              Tensor three = Tensor.scalar(DType.INT64, 3);
              return new Tensor[] {
                vmap(
                    (Tensor x) ->
                        scan(
                                (State s) -> {
                                  Tensor due = s.count().remainder(three).equal(zero);
                                  Tensor next = cond(due, y -> y.sin(), y -> y, s.x());
                                  return new Step<>(new State(s.count().plus(1), next), next);
                                },
                                new State(zero, x),
                                9)
                            .carry()
                            .x(),
                    in[0])
              };
            },
            WEIGHTS);
    Scan scan = scans(graph).getFirst();
    assertEquals(Shape.SCALAR, scan.body().types()[0].shape());
    assertTrue(
        scan.body().steps().stream()
            .noneMatch(step -> step instanceof Graph.OpStep one && one.op() instanceof Where));
  }

  /// Which results a mapped choice between states shares.
  @Test
  void mappedChoicesShareWhatNoExampleEnters() {
    record State(Tensor count, Tensor x) {}
    Graph graph =
        recorded(
            in -> {
              State out =
                  vmap(
                      (Tensor x) ->
                          cond(
                              in[1].sum().greater(0),
                              s -> new State(s.count().plus(1), s.x().sin()),
                              s -> s,
                              new State(in[1], x)),
                      in[0]);
              return Tree.leaves(out).toArray(Tensor[]::new);
            },
            WEIGHTS,
            CARRY);
    Graph.CallStep call =
        (Graph.CallStep)
            graph.steps().stream().filter(Graph.CallStep.class::isInstance).findFirst().get();
    TensorType[] types = ((Cond) call.call()).whenTrue().types();
    assertEquals(List.of(CARRY, WEIGHTS), List.of(types));
  }

  @Test
  void deadResultsOfCallsAreDropped() {
    record Two(Tensor a, Tensor b, Tensor unused) {}
    Tensor x = Tensor.of(0.3, -0.8, 1.4);
    for (boolean first : new boolean[] {true, false}) {
      Graph graph =
          recorded(
              in -> {
                var out =
                    scan(
                        (Two at) ->
                            new Step<>(new Two(at.a().sin(), at.b().plus(at.a()), at.unused()), at),
                        new Two(in[0], in[1], in[2]),
                        5);
                return new Tensor[] {first ? out.outputs().a() : out.carry().b()};
              },
              CARRY,
              CARRY,
              CARRY);
      Pruned pruned = Pruned.of(graph, new BitSet());
      int needed = first ? 1 : 2; // b is made of a
      assertEquals(needed, pruned.graph().inputs());
      Scan scan = scans(pruned.graph()).getFirst();
      assertEquals(needed, scan.carries());
      assertEquals(2, scan.body().outputs().length);
      assertEquals(
          graph.run(new Tensor[] {x, x, x})[0].toString(),
          pruned.graph().run(first ? new Tensor[] {x} : new Tensor[] {x, x})[0].toString());
    }
  }
}
