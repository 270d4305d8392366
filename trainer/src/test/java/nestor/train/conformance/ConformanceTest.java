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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A right case passes, and whatever is changed in it, it fails by name.
final class ConformanceTest {
  private static final String PRODUCT =
      """
      {"cases": [{"op": "mul", "attributes": {}, "inputs": ["a", "b"], "constants": {},
        "output": "out", "cotangent": "cot", "gradients": ["ga", "gb"],
        "directions": ["va", "vb"], "seconds": ["sa", "sb"]}]}
      """;

  @TempDir Path folder;

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /// z = a b with cotangent c and directions v, w: gradients c b and c a; of c b v + c a w: c w, c
  /// v.
  @BeforeEach
  void product() {
    tensors.put("a", Tensor.of(2.0, -3.0));
    tensors.put("b", Tensor.of(5.0, 7.0));
    tensors.put("out", Tensor.of(10.0, -21.0));
    tensors.put("cot", Tensor.of(0.5, 2.0));
    tensors.put("ga", Tensor.of(2.5, 14.0));
    tensors.put("gb", Tensor.of(1.0, -6.0));
    tensors.put("va", Tensor.of(3.0, 4.0));
    tensors.put("vb", Tensor.of(-1.0, 0.5));
    tensors.put("sa", Tensor.of(-0.5, 1.0));
    tensors.put("sb", Tensor.of(1.5, 8.0));
  }

  private List<Verdict> check(String json, DType dtype) throws IOException {
    return check(json, Mode.EAGER, dtype);
  }

  private List<Verdict> check(String json, Mode mode, DType dtype) throws IOException {
    Path file = Files.writeString(folder.resolve("cases.json"), json);
    Safetensors.write(folder.resolve("cases.safetensors"), tensors);
    Conditions conditions =
        new Conditions(Backend.named("reference"), mode, dtype, OptionalDouble.empty());
    return Conformance.check(file, conditions, new Subjects(List.of(), List.of()));
  }

  private void fails(String why, String json) throws IOException {
    List<Verdict> verdicts = check(json, DType.FLOAT64);
    assertEquals(1, verdicts.size());
    String failure = verdicts.getFirst().failure().orElse("nothing");
    assertTrue(failure.contains(why), failure);
  }

  @Test
  void aRightCasePassesInBothTypesAndModes() throws IOException {
    for (Mode mode : Mode.values()) {
      assertTrue(check(PRODUCT, mode, DType.FLOAT64).getFirst().passed());
      assertTrue(check(PRODUCT, mode, DType.FLOAT32).getFirst().passed());
    }
  }

  @Test
  void everyChangedNumberIsFound() throws IOException {
    for (String name : List.copyOf(tensors.keySet())) {
      Tensor right = tensors.get(name);
      tensors.put(name, right.plus(Tensor.of(0, 1e-6)));
      for (Mode mode : Mode.values()) {
        Verdict verdict = check(PRODUCT, mode, DType.FLOAT64).getFirst();
        assertTrue(!verdict.passed(), name);
        assertEquals("cases.json case 0 mul", verdict.place());
      }
      tensors.put(name, right);
    }
  }

  @Test
  void theWorstTensorIsNamed() throws IOException {
    tensors.put("gb", Tensor.of(1.0, -5.0));
    tensors.put("sa", Tensor.of(-0.5, 1.25));
    fails("gradient 1 (gb) is off by 2.00e-01, tolerance 1.0e-08 (and 1 more)", PRODUCT);
  }

  @Test
  void notANumberNeverPasses() throws IOException {
    tensors.put("a", Tensor.of(2.0, Double.NaN));
    fails("is NaN at element 1", PRODUCT);
    tensors.put("out", Tensor.of(10.0, Double.NaN));
    fails("is NaN at element 1", PRODUCT);
  }

  @Test
  void otherShapesAreFound() throws IOException {
    tensors.put("out", Tensor.of(10.0));
    fails("has the shape [2] instead of [1]", PRODUCT);
  }

  @Test
  void whatIsWrongWithAFileIsAFailedCase() throws IOException {
    fails("there is no operator mull", PRODUCT.replace("\"mul\"", "\"mull\""));
    fails("the tensor bb is missing", PRODUCT.replace("\"b\"", "\"bb\""));
    fails("2 inputs and 1 gradients", PRODUCT.replace(", \"gb\"", ""));
    fails("field seconds must be a list", PRODUCT.replace("\"seconds\"", "\"second\""));
    fails("field output must name", PRODUCT.replace("\"output\"", "\"outputs\""));
    fails("the attribute axis is missing", PRODUCT.replace("\"mul\"", "\"softmax\""));
    fails("neither cases nor a trace", "{\"cases\": []}");
    fails("neither an operator", "{\"cases\": [{}]}");
    fails("there is no mechanism 'maml'", "{\"cases\": [{\"name\": \"maml\"}]}");
    fails("not JSON", "{\"cases\": [");
    fails("not JSON", PRODUCT + "}");
    fails("no program here", "{\"trace\": []}");
    Files.delete(folder.resolve("cases.json"));
    Conditions conditions =
        new Conditions(
            Backend.named("reference"), Mode.EAGER, DType.FLOAT64, OptionalDouble.empty());
    Verdict missing =
        Conformance.check(
                folder.resolve("cases.json"), conditions, new Subjects(List.of(), List.of()))
            .getFirst();
    assertTrue(missing.failure().orElseThrow().contains("no such file"));
  }

  @Test
  void distancesAreRelativeOnlyToLargeReferences() {
    assertEquals(0.5, Deviation.between("x", new double[] {0.5, 0}, new double[] {0, 0}).error());
    assertEquals(0.25, Deviation.between("x", new double[] {3, 0}, new double[] {4, 0}).error());
    assertEquals(
        0,
        Deviation.between("x", new double[] {Double.POSITIVE_INFINITY}, new double[] {1.0 / 0})
            .error());
  }
}
