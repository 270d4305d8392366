package nestor.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.train.Mode;

/// What PyTorch computed in `float64` for the small instances: `peers/expected.py` wrote it.
final class Expected {
  private static final String FILE = "expected.json";

  private Expected() {}

  /// A workload's figures by name.
  static Map<String, Tensor> figures(String workload) {
    try (InputStream in = Objects.requireNonNull(Expected.class.getResourceAsStream(FILE), FILE)) {
      JsonNode figures = new JsonMapper().readTree(in).required(workload);
      Map<String, Tensor> tensors = new TreeMap<>();
      figures.properties().forEach(one -> tensors.put(one.getKey(), tensor(one.getValue())));
      return tensors;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Tensor tensor(JsonNode numbers) {
    double[] values = new double[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers.get(i).doubleValue();
    }
    return Tensor.of(values);
  }

  /// How far a workload's small instance is from PyTorch's.
  static Deviation deviation(Workload workload, Mode mode, DType dtype) {
    Map<String, Tensor> expected = figures(workload.name());
    Map<String, Tensor> found = new LinkedHashMap<>();
    workload.small(mode, dtype).forEach((name, leaf) -> found.put(name, leaf.reshape(-1)));
    if (!found.keySet().equals(expected.keySet())) {
      throw new IllegalStateException(
          "%s has figures %s, PyTorch's are %s"
              .formatted(workload.name(), found.keySet(), expected.keySet()));
    }
    String road = "PyTorch's figures for a small instance in " + dtype;
    return Deviation.of(found, expected, road, dtype == DType.FLOAT64 ? 1e-9 : 1e-3);
  }
}
