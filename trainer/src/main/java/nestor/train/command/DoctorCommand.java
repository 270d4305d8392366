package nestor.train.command;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import nestor.autodiff.Backend;
import nestor.autodiff.Finding;
import nestor.train.Backends;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `./nestor doctor`: what this process runs on, what is missing, and the command that mends it.
@Command(
    name = "doctor",
    description =
        "Shows Java, flags, cores, vector width, backends and OpenCL devices, which it tries, and"
            + " how to mend what is missing.",
    mixinStandardHelpOptions = false)
final class DoctorCommand implements Callable<Integer> {
  private static final int OLDEST_JAVA = 25;
  private static final int SMALLEST_HEAP = 512;

  private final Surroundings surroundings;
  private final Supplier<List<Backend>> installed;
  private int broken;

  @Option(
      names = "--backend",
      paramLabel = "B",
      description = "Says only whether this backend can be used, and what it runs on.")
  private String backend = "";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  @SuppressWarnings("unused") // picocli reads it
  private boolean help;

  DoctorCommand(Surroundings surroundings, Supplier<List<Backend>> installed) {
    this.surroundings = surroundings;
    this.installed = installed;
  }

  @Override
  public Integer call() {
    if (!backend.isEmpty()) {
      Backend chosen = Backends.choose(backend);
      good(
          "backend", chosen.hardware().map((chosen.name() + " on ")::concat).orElse(chosen.name()));
      return 0;
    }
    java();
    processor();
    heap();
    backends();
    program("mvn", "maven", "which building and './nestor test' take");
    program("git", "git", "which runs ask for the commit they write down");
    installed.get().forEach(this::examine); // last, since a broken driver may end the process
    surroundings
        .out()
        .println(broken == 0 ? "everything needed is there" : broken + " things need mending");
    return broken == 0 ? 0 : 1;
  }

  private void java() {
    String version =
        "%s (%s)"
            .formatted(System.getProperty("java.runtime.version"), System.getProperty("java.home"));
    if (Runtime.version().feature() >= OLDEST_JAVA) {
      good("java", version);
    } else {
      bad("java", version, "sdk install java 25-tem");
    }
    String flags = String.join(" ", Machine.flags());
    if (Machine.hasVectorModule()) {
      good("flags", flags);
    } else {
      warn(
          "flags",
          "the Vector API is missing, so the slow scalar kernels run; flags: " + flags,
          "start with ./nestor, or add --add-modules=jdk.incubator.vector");
    }
  }

  private void processor() {
    good("cores", String.valueOf(Runtime.getRuntime().availableProcessors()));
    if (Machine.hasVectorModule()) {
      good("vectors", Machine.vectorBits() + " bits");
    }
  }

  private void heap() {
    long megabytes = Runtime.getRuntime().maxMemory() >> 20;
    if (megabytes >= SMALLEST_HEAP) {
      good("heap", "up to " + megabytes + " MB");
    } else {
      warn("heap", "only " + megabytes + " MB", "export NESTOR_JAVA_OPTS=-Xmx2g");
    }
  }

  private void backends() {
    List<String> names = installed.get().stream().map(Backend::name).sorted().toList();
    names.forEach(name -> good("backend", name));
    for (String problem : Backend.problems()) {
      broken++;
      line("!!", "backend", problem);
    }
    for (String name : List.of("cpu", "reference")) {
      if (!names.contains(name) && Backend.problems().isEmpty()) {
        bad("backend", name + " is missing", "rm -rf target && ./nestor doctor");
      }
    }
  }

  private void examine(Backend examined) {
    try {
      examined.examine(this::tell);
    } catch (RuntimeException | LinkageError e) {
      bad(
          "backend",
          "%s cannot be examined: %s".formatted(examined.name(), Nestor.sentence(e)),
          "use another one");
    }
  }

  private void tell(Finding finding) {
    switch (finding.grade()) {
      case GOOD -> good(finding.subject(), finding.text());
      case ABSENT ->
          line(
              "  ",
              finding.subject(),
              "%s; if wanted: %s".formatted(finding.text(), finding.mend()));
      case DOUBTFUL -> warn(finding.subject(), finding.text(), finding.mend());
      case BROKEN -> bad(finding.subject(), finding.text(), finding.mend());
    }
  }

  private void program(String name, String pack, String use) {
    String folders = Objects.requireNonNullElse(System.getenv("PATH"), "");
    boolean isThere =
        Stream.of(folders.split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    if (isThere) {
      good(name, "on the path");
    } else {
      warn(name, "not on the path, " + use, installing(pack));
    }
  }

  private static String installing(String pack) {
    return Files.isExecutable(Path.of("/usr/bin/apt-get"))
        ? "sudo apt-get install " + pack
        : "brew install " + pack;
  }

  private void good(String subject, String finding) {
    line("ok", subject, finding);
  }

  private void warn(String subject, String finding, String mend) {
    line("!!", subject, finding + "; to mend it: " + mend);
  }

  private void bad(String subject, String finding, String mend) {
    broken++;
    warn(subject, finding, mend);
  }

  private void line(String sign, String subject, String finding) {
    surroundings.out().println("%s %-8s %s".formatted(sign, subject, finding));
  }
}
