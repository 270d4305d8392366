package nestor.bench.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Backend;
import nestor.bench.Case;
import nestor.bench.Workload;
import nestor.bench.Workloads;
import nestor.bench.WrongResult;
import nestor.bench.command.Comparison.Round;
import nestor.bench.command.Roofline.Point;
import nestor.train.Backends;
import nestor.train.Failure;
import nestor.train.Mode;
import nestor.train.Nearest;
import nestor.train.Subcommand;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./nestor bench [WORKLOAD...]`: times workloads, alone or beside the same work in PyTorch.
@Command(
    name = "bench",
    description = "Times workloads; with --peers, the same in PyTorch in turn, and the ratios.",
    footer = {
      "Example: ./nestor bench nested_step --size hidden=32 --peers",
      "         ./nestor bench --jmh Gemm -- -f 1"
    },
    mixinStandardHelpOptions = false)
public final class BenchCommand implements Subcommand {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "WORKLOAD",
      arity = "0..*",
      description =
          "nested_step, maml_sinusoid, memory_sequence, memory_chunks, gemm or char_transformer"
              + " (all of them).")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--size",
      paramLabel = "name=value",
      description = "Times only the sizes with this parameter; may be given again.")
  private List<String> sizes = new ArrayList<>();

  @Option(names = "--json", description = "Prints one line of JSON per size, as the peers do.")
  private boolean json;

  @Option(
      names = "--peers",
      description = "Runs PyTorch with 1 thread, this, and PyTorch with 2 threads in turn.")
  private boolean peers;

  @Option(
      names = "--beside",
      paramLabel = "B",
      description = "Times another backend, too, in a process of its own, and prints the ratios.")
  private String beside = "";

  @Option(
      names = "--roofline",
      description =
          "Also says how long each step takes at the least, for its operations and for its bytes.")
  private boolean roofline;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How many turns --peers takes (${DEFAULT-VALUE}).")
  private int rounds = 1;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      description =
          "How long a size runs before it is timed, at least; up to three times as long until it is"
              + " stable (${DEFAULT-VALUE}).")
  private double warmUp = 10;

  @Option(names = "--mode", paramLabel = "M", description = "eager or compiled (compiled).")
  private String mode = "compiled";

  @Option(names = "--backend", paramLabel = "B", description = Backends.CHOICE)
  private String backend = "";

  @Option(
      names = "--jmh",
      paramLabel = "PATTERN",
      arity = "0..1",
      fallbackValue = ".*",
      description =
          "Runs the JMH benchmarks whose names match instead; what follows after -- goes to JMH.")
  private @Nullable String pattern;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  @SuppressWarnings("unused") // picocli reads it
  private boolean help;

  /// For the service loader.
  public BenchCommand() {}

  @Override
  public Integer call() {
    if (pattern != null) {
      return Jmh.run(pattern, names);
    }
    if (roofline && (peers || json)) {
      throw new Failure("--roofline goes with neither --peers nor --json");
    }
    if (!beside.isEmpty() && (peers || json || roofline)) {
      throw new Failure("--beside goes with none of --peers, --json and --roofline");
    }
    if (rounds < 1 || !(warmUp >= 0)) {
      throw new Failure("--rounds takes a number from 1 up, --warm-up one from 0 up");
    }
    Backends.choose(backend); // before a workload computes anything
    Map<String, String> wanted = wanted();
    Map<Workload, List<Case>> chosen = chosen(wanted);
    Mode runs = Mode.named(mode);
    try {
      if (peers) {
        compare(chosen, Peers.find(wanted), runs);
      } else if (!beside.isEmpty()) {
        compare(chosen, Beside.of(beside, wanted, warmUp, mode), runs);
      } else {
        time(chosen, runs);
      }
      return 0;
    } catch (WrongResult wrong) {
      say("nestor: " + wrong.getMessage());
      return 1;
    }
  }

  /// The values that parameters must have.
  private Map<String, String> wanted() {
    Map<String, String> wanted = new LinkedHashMap<>();
    for (String size : sizes) {
      int equals = size.indexOf('=');
      if (equals < 1) {
        throw new Failure("--size takes name=value, not '%s'".formatted(size));
      }
      wanted.put(size.substring(0, equals), size.substring(equals + 1));
    }
    return wanted;
  }

  /// The workloads and the sizes of each, none of them empty.
  private Map<Workload, List<Case>> chosen(Map<String, String> wanted) {
    List<String> known = Workloads.ALL.stream().map(Workload::name).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        throw new Failure("there is no workload '%s'%s".formatted(name, Nearest.hint(name, known)));
      }
    }
    Map<Workload, List<Case>> chosen = new LinkedHashMap<>();
    for (Workload workload : Workloads.ALL) {
      List<Case> cases = workload.cases().stream().filter(size -> isWanted(size, wanted)).toList();
      if ((names.isEmpty() || names.contains(workload.name())) && !cases.isEmpty()) {
        chosen.put(workload, cases);
      }
    }
    if (chosen.isEmpty()) {
      throw new Failure(
          "no size of the workloads has %s; ./nestor bench prints the sizes on its way"
              .formatted(Measurement.size(wanted)));
    }
    return chosen;
  }

  private static boolean isWanted(Case size, Map<String, String> wanted) {
    return wanted.entrySet().stream()
        .allMatch(
            one -> one.getValue().equals(String.valueOf(size.parameters().get(one.getKey()))));
  }

  private void time(Map<Workload, List<Case>> chosen, Mode runs) {
    List<Point> points = new ArrayList<>();
    chosen.forEach((workload, cases) -> {
      workload.requireRight(runs);
      for (Case size : cases) {
        Measurement measured = ready(size, runs).time();
        print(measured);
        if (roofline) {
          points.add(new Point(measured, size.cost()));
        }
      }
    });
    if (roofline) {
      Roofline.measure().table(points).lines().forEach(spec.commandLine().getOut()::println);
    }
  }

  private void print(Measurement measured) {
    spec.commandLine().getOut().println(json ? measured.json() : measured.line());
  }

  private Ready ready(Case size, Mode runs) {
    say(size.workload() + " " + size.size());
    return Ready.of(size, runs, warmUp);
  }

  private void compare(Map<Workload, List<Case>> chosen, Peers programs, Mode runs) {
    List<Comparison> all = new ArrayList<>();
    chosen.forEach((workload, cases) -> {
      workload.requireRight(runs);
      List<Ready> ready = cases.stream().map(size -> ready(size, runs)).toList();
      all.addAll(compared(programs, workload.name(), ready));
    });
    if (json) {
      all.forEach(one -> spec.commandLine().getOut().println(one.json()));
    } else {
      Comparison.table(all).lines().forEach(spec.commandLine().getOut()::println);
    }
  }

  private void compare(Map<Workload, List<Case>> chosen, Beside other, Mode runs) {
    List<Beside.Row> rows = new ArrayList<>();
    chosen.forEach((workload, cases) -> {
      workload.requireRight(runs);
      List<Measurement> there = other.time(workload.name());
      for (Case size : cases) {
        Measurement ours = ready(size, runs).time();
        rows.add(new Beside.Row(ours, ours.sameSize(there), size.cost().launches()));
      }
    });
    String here = Backend.standard().name();
    other.table(here, rows).lines().forEach(spec.commandLine().getOut()::println);
  }

  private List<Comparison> compared(Peers programs, String workload, List<Ready> ready) {
    Map<Ready, List<Round>> all = new LinkedHashMap<>();
    for (int i = 0; i < rounds; i++) {
      say("%s beside PyTorch, round %d of %d".formatted(workload, i + 1, rounds));
      List<Measurement> one = programs.time(workload, 1);
      List<Measurement> ours = ready.stream().map(Ready::timeAgain).toList();
      List<Measurement> two = programs.time(workload, 2);
      for (int j = 0; j < ready.size(); j++) {
        Measurement our = ours.get(j);
        all.computeIfAbsent(ready.get(j), key -> new ArrayList<>())
            .add(new Round(our.sameSize(one), our, our.sameSize(two)));
      }
    }
    return all.values().stream().map(Comparison::of).toList();
  }

  private void say(String line) {
    spec.commandLine().getErr().println(line);
  }
}
