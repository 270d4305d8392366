package nestor.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import nestor.autodiff.Backend;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import nestor.cms.Cms;
import nestor.hope.HopeBlock;
import nestor.meta.Adam;
import org.junit.jupiter.api.Test;

/// Every script runs as its first line says and ends well; its own assertions count.
class ScriptsTest {
  private static final Path SCRIPTS = Path.of("scripts");

  private static Path home(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static String run(String script, String... arguments) throws Exception {
    return run(home(Tensor.class) + File.pathSeparator + home(Adam.class), script, arguments);
  }

  private static String run(String modules, String script, String[] arguments) throws Exception {
    Path log = Files.createTempFile("script", ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-modules=jdk.incubator.vector,ALL-MODULE-PATH");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-p");
    command.add(modules);
    command.add(SCRIPTS.resolve(script).toString());
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.to(log.toFile()))
            .start();
    int status = process.waitFor();
    String output = Files.readString(log);
    Files.delete(log);
    assertEquals(0, status, script + ":\n" + output);
    return output;
  }

  @Test
  void everyScriptIsTested() throws IOException {
    try (var files = Files.list(SCRIPTS)) {
      List<String> names = files.map(file -> file.getFileName().toString()).sorted().toList();
      assertEquals(
          List.of(
              "ChunkForms.java",
              "CustomKernel.java",
              "LearnedRate.java",
              "LongMemory.java",
              "Maml.java",
              "Recall.java",
              "Sharpness.java",
              "TwoClocks.java"),
          names);
    }
  }

  @Test
  void mamlHasTheExactMetaGradientAndLearns() throws Exception {
    assertTrue(Files.readAllLines(SCRIPTS.resolve("Maml.java")).size() <= 60);
    String output = run("Maml.java");
    System.out.print(
        output
            .lines()
            .filter(line -> line.startsWith("K ="))
            .map(l -> l + "\n")
            .reduce("", String::concat));
    assertTrue(output.contains("K = 5"), output);
    assertTrue(output.contains(" operators in "), output);
    List<String> errors =
        output.lines().filter(line -> line.startsWith("step")).map(l -> l.split(" ")[4]).toList();
    assertTrue(
        Double.parseDouble(errors.getLast()) < 0.6 * Double.parseDouble(errors.getFirst()), output);
  }

  @Test
  void aKernelOfOnesOwnHasTheSecondDerivativesOfItsDefinition() throws Exception {
    Backend opencl = Backend.named("opencl");
    try {
      opencl.hardware();
    } catch (TensorException e) {
      assumeTrue(false, e.getMessage());
    }
    Class<?> driver = Class.forName("org.jocl.CL", false, opencl.getClass().getClassLoader());
    String modules =
        Stream.of(Tensor.class, opencl.getClass(), driver)
            .map(ScriptsTest::uncheckedHome)
            .collect(Collectors.joining(File.pathSeparator));
    String output = run(modules, "CustomKernel.java", new String[0]);
    String error =
        output.lines().filter(line -> line.startsWith("its error")).findFirst().orElse(output);
    assertTrue(Double.parseDouble(error.split(" +")[2]) < 1e-5, output);
  }

  private static String uncheckedHome(Class<?> type) {
    try {
      return home(type).toString();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void trainingLowersTheLossOfTheFirstScript() throws Exception {
    List<String> lines =
        run("Sharpness.java").lines().filter(line -> line.startsWith("step")).toList();
    assertEquals(4, lines.size());
    assertTrue(lines.getLast().contains("loss 0.005"), lines.toString());
  }

  @Test
  void theRateIsLearnedThroughFiveGradients() throws Exception {
    List<String> lines = run("LearnedRate.java").lines().filter(l -> l.startsWith("rate")).toList();
    assertEquals(6, lines.size());
    assertTrue(lines.getLast().startsWith("rate 0.23"), lines.toString());
    double loss = Double.parseDouble(lines.getLast().split(" ")[3]);
    assertTrue(loss < 0.03, lines.toString()); // it starts at 3.3
  }

  @Test
  void theSquareRootOfTheCarriesIsHeld() throws Exception {
    List<Long> beyond = new ArrayList<>();
    for (String line : run("LongMemory.java", "16", "256").lines().toList()) {
      String[] cells = line.trim().split(" +");
      if (cells[1].equals("SQRT")) {
        beyond.add(Long.valueOf(cells[3].replace(",", "")));
      }
    }
    assertEquals(2, beyond.size());
    assertTrue(beyond.getLast() <= 4 * beyond.getFirst(), beyond.toString());
  }

  @Test
  void bothFormsOfALayerAgreeAtAnyLength() throws Exception {
    String modules =
        Stream.of(Tensor.class, Adam.class, Cms.class, HopeBlock.class)
            .map(ScriptsTest::uncheckedHome)
            .collect(Collectors.joining(File.pathSeparator));
    String output = run(modules, "ChunkForms.java", new String[] {"0", "70", "140"});
    List<String> rows =
        output
            .lines()
            .filter(line -> line.matches("(Hope|Titans|Self|Gated)\\w* +[0-9].*"))
            .toList();
    assertEquals(10, rows.size(), output); // the script itself throws where forms differ
  }

  @Test
  void everyModelLearnsToRecall() throws Exception {
    String modules =
        Stream.of(Tensor.class, Adam.class, Cms.class, HopeBlock.class)
            .map(ScriptsTest::uncheckedHome)
            .collect(Collectors.joining(File.pathSeparator));
    String output = run(modules, "Recall.java", new String[] {"60"});
    List<String[]> rows =
        output.lines().filter(l -> l.matches("[A-Z_]+ .*")).map(l -> l.split(" +")).toList();
    assertEquals(8, rows.size(), output);
    for (String[] row : rows) { // parameters, loss before and after
      assertEquals(12_000, Double.parseDouble(row[1]), 600, output);
      assertTrue(Double.parseDouble(row[3]) < Double.parseDouble(row[2]), output);
    }
  }

  @Test
  void aNetworkOfOnesOwnLearnsOnTwoClocks() throws Exception {
    List<String> lines = run("TwoClocks.java").lines().filter(l -> l.startsWith("step ")).toList();
    List<Double> losses =
        lines.stream().map(l -> Double.valueOf(l.split(" ")[4].replace(",", ""))).toList();
    assertTrue(losses.getLast() < 0.5 * losses.getFirst(), lines.toString());
    assertTrue(lines.getLast().endsWith("4000 and 800 writes"), lines.toString());
  }
}
