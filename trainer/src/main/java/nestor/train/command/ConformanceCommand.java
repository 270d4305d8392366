package nestor.train.command;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import nestor.autodiff.DType;
import nestor.train.Backends;
import nestor.train.Failure;
import nestor.train.Mode;
import nestor.train.Nearest;
import nestor.train.conformance.Conditions;
import nestor.train.conformance.Conformance;
import nestor.train.conformance.Verdict;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `./nestor conformance FILE.json...`: checks reference cases, one line for each that fails.
@Command(
    name = "conformance",
    description = "Checks reference cases; prints each that fails, and 'N passed, N failed'.",
    mixinStandardHelpOptions = false)
final class ConformanceCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Parameters(
      paramLabel = "FILE.json",
      arity = "1..*",
      description = "Files of cases, each with its tensors in a .safetensors beside it.")
  private List<Path> files;

  @Option(names = "--backend", paramLabel = "B", description = Backends.CHOICE)
  private String backend = "";

  @Option(names = "--mode", paramLabel = "M", description = "eager or compiled (eager).")
  private String mode = "eager";

  @Option(names = "--dtype", paramLabel = "T", description = "float64 or float32 (float64).")
  private String dtype = "float64";

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description =
          "The largest error that passes (1e-8, in float32 1e-3, for traces of programs 1e-6).")
  private @Nullable Double tolerance;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  @SuppressWarnings("unused") // picocli reads it
  private boolean help;

  ConformanceCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    DType type =
        oneOf("dtype", dtype, List.of("float64", "float32")).equals("float64")
            ? DType.FLOAT64
            : DType.FLOAT32;
    if (tolerance != null && !(tolerance >= 0)) {
      throw new Failure("--tolerance takes a number from 0 up, not " + tolerance);
    }
    OptionalDouble limit =
        tolerance == null ? OptionalDouble.empty() : OptionalDouble.of(tolerance);
    Conditions conditions = new Conditions(Backends.choose(backend), Mode.named(mode), type, limit);
    int passed = 0;
    int failed = 0;
    for (Path file : files) {
      for (Verdict verdict : Conformance.check(file, conditions, surroundings.subjects())) {
        for (String remark : verdict.remarks()) {
          surroundings
              .err()
              .println("note: " + verdict.place() + ": the reference is wrong, " + remark);
        }
        if (verdict.passed()) {
          passed++;
        } else {
          failed++;
          String why = verdict.failure().orElseThrow();
          String line = "FAIL " + verdict.place() + ": " + why; // with names from the file
          surroundings.out().println(line.replaceAll("\\p{Cntrl}", "\ufffd"));
        }
      }
    }
    surroundings.out().println(passed + " passed, " + failed + " failed");
    return failed == 0 ? 0 : 1;
  }

  private static String oneOf(String option, String given, List<String> known) {
    if (!known.contains(given)) {
      throw new Failure(
          "--%s cannot be '%s'%s".formatted(option, given, Nearest.hint(given, known)));
    }
    return given;
  }
}
