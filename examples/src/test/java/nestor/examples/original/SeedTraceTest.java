package nestor.examples.original;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.train.Mode;
import nestor.train.conformance.Conditions;
import nestor.train.conformance.Conformance;
import nestor.train.conformance.Subjects;
import nestor.train.conformance.Verdict;
import nestor.train.safetensors.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The rebuilt program against a trace of 40 steps made with PyTorch.
class SeedTraceTest {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens");
  private static final String TRACE = "seed-program-batch3.json";
  private static final String TENSORS = "seed-program-batch3.safetensors";

  @TempDir Path folder;

  private static List<Verdict> check(Path file, String backend) {
    return check(file, backend, Mode.EAGER);
  }

  private static List<Verdict> check(Path file, String backend, Mode mode) {
    Conditions conditions =
        new Conditions(Backend.named(backend), mode, DType.FLOAT64, OptionalDouble.empty());
    return Conformance.check(file, conditions, new Subjects(List.of(new SeedTrace()), List.of()));
  }

  private static List<String> failures(List<Verdict> verdicts) {
    return verdicts.stream()
        .filter(verdict -> !verdict.passed())
        .map(verdict -> verdict.place() + ": " + verdict.failure().orElseThrow())
        .toList();
  }

  @Test
  void bothBackendsReproduceTheTraceInBothModes() {
    for (String backend : List.of("cpu", "reference")) {
      for (Mode mode : Mode.values()) {
        List<Verdict> verdicts = check(GOLDENS.resolve(TRACE), backend, mode);
        assertEquals(List.of(), failures(verdicts), backend + " " + mode);
        assertEquals(4, verdicts.size());
      }
    }
  }

  @Test
  void aChangedFigureFailsByName() throws IOException {
    String trace = Files.readString(GOLDENS.resolve(TRACE));
    String changed = trace.replaceFirst("\"momentum\": 0\\.51363", "\"momentum\": 0.51364");
    Files.writeString(folder.resolve(TRACE), changed);
    Files.copy(GOLDENS.resolve(TENSORS), folder.resolve(TENSORS));
    List<String> failures = failures(check(folder.resolve(TRACE), "cpu"));
    assertEquals(1, failures.size(), failures.toString());
    assertTrue(failures.getFirst().contains("momentum of step 1"), failures.toString());
  }

  @Test
  void aChangedTensorFailsByName() throws IOException {
    Map<String, String> caseOf = new LinkedHashMap<>();
    caseOf.put("step0.grad.input_proj.weight", "gradients of the first step");
    caseOf.put("step0.metagrad_clipped.lr_generator.0.bias", "gradients of the first step");
    caseOf.put("final.model.hope_layers.0.attention.memory", "final parameters");
    caseOf.put("final.meta.momentum_generator.2.weight", "final parameters");
    caseOf.put("test.prediction", "test predictions");
    Files.copy(GOLDENS.resolve(TRACE), folder.resolve(TRACE));
    for (var one : caseOf.entrySet()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(Safetensors.read(GOLDENS.resolve(TENSORS)));
      Tensor right = tensors.get(one.getKey());
      double[] numbers = right.toDoubles();
      numbers[0] += 1e-4;
      tensors.put(one.getKey(), Tensor.of(right.shape(), numbers));
      Safetensors.write(folder.resolve(TENSORS), tensors);
      List<String> failures = failures(check(folder.resolve(TRACE), "cpu"));
      assertEquals(1, failures.size(), failures.toString());
      assertTrue(failures.getFirst().contains(one.getValue()), failures.toString());
    }
  }
}
