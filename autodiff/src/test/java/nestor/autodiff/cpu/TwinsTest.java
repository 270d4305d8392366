package nestor.autodiff.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Java has no templates: these kernels stand twice, and may differ in the element type only.
class TwinsTest {
  private static final Path SOURCES = Path.of("src/main/java/nestor/autodiff/cpu");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "VectorDoubleTiles",
        "VectorDoubleTranspose",
        "VectorDoubleMatMul",
        "VectorDoubleDots",
        "VectorDoubleAxpys",
        "VectorDoubleSubstitution",
        "ScalarDoubleMatMul",
        "ScalarDoubleMatVec",
        "DoubleProduct",
        "DoublePanels"
      })
  void theFloatKernelIsTheDoubleKernelRenamed(String name) throws IOException {
    String twin = name.replace("Double", "Float");
    String expected =
        Files.readString(SOURCES.resolve(name + ".java"))
            .replace("Double", "Float")
            .replace("double", "float");
    String found = Files.readString(SOURCES.resolve(twin + ".java"));
    assertEquals(words(expected), words(found), twin);
  }

  /// The text in one line: the shorter name may let the formatter break lines elsewhere.
  private static String words(String source) {
    return source.replaceAll("\\s+///? ", " ").replaceAll("\\s", "");
  }
}
