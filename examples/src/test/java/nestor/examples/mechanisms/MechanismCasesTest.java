package nestor.examples.mechanisms;

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
import nestor.train.conformance.ReferenceMechanism;
import nestor.train.conformance.Subjects;
import nestor.train.conformance.Verdict;
import nestor.train.safetensors.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mechanisms against outputs and gradients made with PyTorch from their definitions.
class MechanismCasesTest {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens");

  private static final List<ReferenceMechanism> MECHANISMS =
      List.of(
          new CmsSequentialCase(),
          new DeltaGradientDescentCase(),
          new DeltaMomentumCase(),
          new M3Case(),
          new MamlCase(),
          new SelfModifyingTitansCase(),
          new TitansMemoryCase());

  @TempDir Path folder;

  private static List<Verdict> check(Path file, String backend, Mode mode, DType dtype) {
    Conditions conditions =
        new Conditions(Backend.named(backend), mode, dtype, OptionalDouble.empty());
    return Conformance.check(file, conditions, new Subjects(List.of(), MECHANISMS));
  }

  private static List<String> failures(List<Verdict> verdicts) {
    return verdicts.stream()
        .filter(verdict -> !verdict.passed())
        .map(verdict -> verdict.place() + ": " + verdict.failure().orElseThrow())
        .toList();
  }

  @Test
  void everyCasePassesOnBothBackendsInBothTypesAndModes() {
    int checks = 0;
    for (String file : List.of("mechanisms.json", "mechanisms-other.json")) {
      for (String backend : List.of("cpu", "reference")) {
        for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
          for (Mode mode : Mode.values()) {
            List<Verdict> verdicts = check(GOLDENS.resolve(file), backend, mode, dtype);
            assertEquals(List.of(), failures(verdicts), backend + " " + dtype + " " + mode);
            checks += verdicts.size();
          }
        }
      }
    }
    System.out.printf("%,7d checks: reference cases of 7 mechanisms%n", checks);
    assertEquals(8 * (10 + 20), checks);
  }

  @Test
  void aChangedNumberFailsByName() throws IOException {
    Map<String, String> changes = new LinkedHashMap<>();
    changes.put("1.out.w2", "mechanisms.json case 1 titans_memory");
    changes.put("2.grad.malpha", "mechanisms.json case 2 self_modifying_titans_linear");
    changes.put("3.grad.b2", "mechanisms.json case 3 cms_sequential");
    changes.put("5.out.theta", "mechanisms.json case 5 m3");
    changes.put("6.grad.w0", "mechanisms.json case 6 delta_momentum");
    changes.put("7.grad.x", "mechanisms.json case 7 delta_gradient_descent");
    changes.put("9.grad.rate", "mechanisms.json case 9 maml");
    for (var change : changes.entrySet()) {
      Path tensors = GOLDENS.resolve("mechanisms.safetensors");
      Map<String, Tensor> all = new LinkedHashMap<>(Safetensors.read(tensors));
      Tensor right = all.get(change.getKey());
      double[] numbers = right.toDoubles();
      numbers[numbers.length - 1] += 1e-6;
      all.put(change.getKey(), Tensor.of(right.shape(), numbers));
      Path cases = folder.resolve("mechanisms.json");
      Files.write(cases, Files.readAllBytes(GOLDENS.resolve("mechanisms.json")));
      Safetensors.write(folder.resolve("mechanisms.safetensors"), all);
      List<Verdict> failed =
          check(cases, "cpu", Mode.EAGER, DType.FLOAT64).stream()
              .filter(verdict -> !verdict.passed())
              .toList();
      assertEquals(List.of(change.getValue()), failed.stream().map(Verdict::place).toList());
      assertTrue(failed.getFirst().failure().orElseThrow().contains(change.getKey()));
    }
  }
}
