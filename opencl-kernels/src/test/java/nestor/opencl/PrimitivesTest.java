package nestor.opencl;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Op;
import nestor.autodiff.Sample;
import nestor.autodiff.Sampler;
import nestor.autodiff.TensorException;
import nestor.opencl.source.Style;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every primitive at awkward shapes beside the scalar definitions, in both layouts of work.
class PrimitivesTest {
  @ParameterizedTest
  @CsvSource({"FLOAT32, LANES", "FLOAT64, LANES", "FLOAT32, THREADS", "FLOAT64, THREADS"})
  void everyPrimitiveIsWithinItsBound(DType dtype, Style style) {
    try (OpenClBackend opencl = InstalledDevice.open(style)) {
      Backend pair = new LockstepBackend(opencl, Backend.named("reference"));
      List<String> wrong = new ArrayList<>();
      int count = 0;
      for (Sample sample : Op.samples(new Sampler(Key.of(11), dtype))) {
        try {
          sample.on(pair).run();
          count++;
        } catch (TensorException e) {
          wrong.add(sample + ": " + e.getMessage());
        }
      }
      if (!wrong.isEmpty()) {
        fail(wrong.size() + " of " + (count + wrong.size()) + ":\n" + String.join("\n", wrong));
      }
      assertTrue(count > 700, "where are the samples?");
    }
  }
}
