package nestor.bench;

import static nestor.autodiff.Transform.grad;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.bench.MamlSinusoid.Style;
import nestor.hope.rule.Form;
import nestor.train.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What is timed is what PyTorch computes, at every size and in every mode.
class WorkloadsTest {
  static Stream<Workload> workloads() {
    return Workloads.ALL.stream();
  }

  @ParameterizedTest
  @MethodSource("workloads")
  void smallInstancesAgreeWithPyTorch(Workload workload) {
    for (Mode mode : Mode.values()) {
      workload.requireRight(mode);
    }
  }

  static Stream<Case> tinyCases() {
    return Stream.of(
        NestedStep.at(8, 3),
        MamlSinusoid.at(3, 4, 2, Style.BATCHED),
        MamlSinusoid.at(3, 4, 2, Style.LOOP),
        MemorySequence.delta(2, 5, 8),
        MemorySequence.titans(2, 5, 8),
        MemoryChunks.titans(2, 5, 8, 2, Form.RECURRENT),
        MemoryChunks.titans(2, 5, 8, 2, Form.CHUNK_PARALLEL),
        MemoryChunks.hope(2, 5, 8, 2, Form.RECURRENT),
        MemoryChunks.hope(2, 5, 8, 2, Form.CHUNK_PARALLEL),
        Gemm.at(5, 70, 9),
        CharTransformer.at(2, 6, 8, 2));
  }

  @ParameterizedTest
  @MethodSource("tinyCases")
  void theFirstResultsAreRightAndTheStepGoesOn(Case tiny) {
    for (Mode mode : Mode.values()) {
      Step step = tiny.startRight(mode);
      step.run();
      for (Tensor leaf : Tree.leaves(step.run())) {
        assertTrue(Double.isFinite(leaf.cast(DType.FLOAT64).sum().item()));
      }
    }
  }

  @Test
  void theSizesAreThePeers() {
    List<String> sizes =
        Workloads.ALL.stream()
            .flatMap(workload -> workload.cases().stream())
            .map(one -> one.workload() + " " + one.size())
            .toList();
    assertEquals(5 + 2 + 6 + 4 + 9 + 1, sizes.size());
    assertTrue(sizes.contains("nested_step hidden=512 batch=128 layers=2"), sizes::toString);
    assertTrue(
        sizes.contains("maml_sinusoid tasks=25 shots=10 inner_steps=5 style=batched"),
        sizes::toString);
    assertTrue(
        sizes.contains("memory_sequence kind=titans batch=4 length=1024 width=64"),
        sizes::toString);
    assertTrue(sizes.contains("gemm m=1 k=32 n=64 repeat=488 flop=1998848"), sizes::toString);
    assertTrue(
        sizes.contains("char_transformer batch=12 time=64 width=128 layers=4 parameters=805248"),
        sizes::toString);
  }

  @Test
  void theWrittenOutSurpriseOfTheTitansMemoryIsAGradient() {
    TitansMemory.Fast fast =
        new TitansMemory.Fast(
            Draws.wave(0, 1, DType.FLOAT64, 2, 3, 3), Draws.wave(1, 1, DType.FLOAT64, 2, 3, 3));
    Tensor gate = Tensor.full(DType.FLOAT64, 0.5, 2, 1, 1);
    TitansMemory.Token token =
        new TitansMemory.Token(
            Draws.wave(2, 1, DType.FLOAT64, 2, 3, 1),
            Draws.wave(3, 1, DType.FLOAT64, 2, 3, 1),
            Draws.wave(4, 1, DType.FLOAT64, 2, 3, 1),
            gate,
            gate);
    TitansMemory.Fast g =
        grad(
            (TitansMemory.Fast f) -> f.at(token.k()).minus(token.v()).square().sum().times(0.5),
            fast);
    assertTrue(Deviation.of(TitansMemory.surprise(fast, token), g, "grad", 1e-12).passes());
  }

  @ParameterizedTest
  @EnumSource
  void aWrongResultIsNotTimed(Mode mode) {
    Case wrong =
        new Training<Map<String, Tensor>>(
            "sums",
            Map.of("n", 2),
            1,
            dtype -> Map.of("sum", Tensor.ones(dtype, 2)),
            now -> Tree.map(now, x -> x.plus(x.dtype() == DType.FLOAT32 ? 1 : 1.1)));
    WrongResult why = assertThrows(WrongResult.class, () -> wrong.startRight(mode));
    assertTrue(why.getMessage().startsWith("sums n=2 gives wrong results"), why.getMessage());
    assertTrue(why.getMessage().contains("sum: the error is 6.3e-02"), why.getMessage());
  }

  @Test
  void whatIsNotFiniteIsWrong() {
    Deviation deviation =
        Deviation.of(Tensor.of(1.0, Double.NaN), Tensor.of(1.0, 2.0), "nothing", 1e30);
    assertTrue(!deviation.passes());
    assertTrue(!Deviation.of(Tensor.of(1.0), Tensor.of(1.0, 2.0), "nothing", 1).passes());
  }
}
