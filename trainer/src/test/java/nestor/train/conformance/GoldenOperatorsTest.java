package nestor.train.conformance;

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
import nestor.train.safetensors.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// All operators against outputs, gradients and second derivatives made with PyTorch.
final class GoldenOperatorsTest {
  private static final Path CASES = Path.of("src/test/resources/goldens/operators.json");
  private static final Path TENSORS = Path.of("src/test/resources/goldens/operators.safetensors");

  @TempDir Path folder;

  private static List<Verdict> check(Path file, String backend, DType dtype) {
    return check(file, backend, Mode.EAGER, dtype);
  }

  private static List<Verdict> check(Path file, String backend, Mode mode, DType dtype) {
    Conditions conditions =
        new Conditions(Backend.named(backend), mode, dtype, OptionalDouble.empty());
    return Conformance.check(file, conditions, new Subjects(List.of(), List.of()));
  }

  private static List<String> failed(List<Verdict> verdicts) {
    return verdicts.stream().filter(verdict -> !verdict.passed()).map(Verdict::place).toList();
  }

  @Test
  void everyCasePassesOnBothBackendsInBothTypesAndModes() {
    int checks = 0;
    for (String backend : List.of("cpu", "reference")) {
      for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
        for (Mode mode : Mode.values()) {
          List<Verdict> verdicts = check(CASES, backend, mode, dtype);
          assertEquals(List.of(), failed(verdicts), backend + " " + dtype + " " + mode);
          checks += verdicts.size();
        }
      }
    }
    System.out.printf("%,7d checks: reference cases of 61 operators%n", checks);
    assertEquals(8 * 257, checks);
  }

  @Test
  void aChangedNumberFailsByName() throws IOException {
    Map<String, String> changes = new LinkedHashMap<>();
    changes.put("12.out", "operators.json case 12 tanh");
    changes.put("200.grad0", "operators.json case 200 sum");
    changes.put("247.second1", "operators.json case 247 conv2d");
    changes.put("256.grad4", "operators.json case 256 gated_delta_rule");
    changes.put("45.second0", "operators.json case 45 abs");
    for (var change : changes.entrySet()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(Safetensors.read(TENSORS));
      Tensor right = tensors.get(change.getKey());
      double[] numbers = right.toDoubles();
      numbers[numbers.length - 1] += 1e-6;
      tensors.put(change.getKey(), Tensor.of(right.shape(), numbers));
      Files.writeString(folder.resolve("operators.json"), Files.readString(CASES));
      Safetensors.write(folder.resolve("operators.safetensors"), tensors);
      List<String> failed = failed(check(folder.resolve("operators.json"), "cpu", DType.FLOAT64));
      assertEquals(List.of(change.getValue()), failed);
    }
  }

  /// The file's seconds of abs are copies of its gradients, which no function's can be; see
  /// [Erratum]. Right ones, zeros, pass without a remark.
  @Test
  void leftoversAreRemarkedAndZerosPass() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>(Safetensors.read(TENSORS));
    assertEquals(
        6, check(CASES, "cpu", DType.FLOAT64).stream().filter(v -> !v.remarks().isEmpty()).count());
    for (int i = 42; i < 48; i++) {
      tensors.compute(i + ".second0", (name, wrong) -> wrong.zerosLike());
    }
    Files.writeString(folder.resolve("operators.json"), Files.readString(CASES));
    Safetensors.write(folder.resolve("operators.safetensors"), tensors);
    List<Verdict> verdicts = check(folder.resolve("operators.json"), "cpu", DType.FLOAT64);
    assertEquals(List.of(), failed(verdicts));
    assertTrue(verdicts.stream().allMatch(verdict -> verdict.remarks().isEmpty()));
  }
}
