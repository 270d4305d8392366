package nestor.train.command;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nestor.autodiff.Backend;
import nestor.autodiff.TensorException;
import nestor.train.Failure;
import nestor.train.Nearest;
import nestor.train.safetensors.MalformedFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// The whole command line: finds the command, and turns every failure into one sentence.
public final class Nestor {
  /// Where a command was used wrongly, as opposed to having failed.
  private static final int MISUSE = 2;

  private static final String WHOLE = "$1 takes a whole number of 64 bits at most, not '$2'";

  private static final List<String> OF_THE_LAUNCHER = List.of("script", "test", "format");

  private final Surroundings surroundings;

  Nestor(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /// The command line of this process.
  public static Nestor standard() {
    return new Nestor(Surroundings.ofProcess());
  }

  @Command(
      name = "./nestor",
      description = "Nested learning on the JVM: experiments, scripts, checks.",
      synopsisSubcommandLabel = "COMMAND",
      subcommands = CommandLine.HelpCommand.class,
      mixinStandardHelpOptions = false)
  private static final class Root implements Runnable {
    @CommandLine.Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Shows this.")
    @SuppressWarnings("unused") // picocli reads it
    private boolean help;

    @CommandLine.Option(
        names = {"-V", "--version"},
        versionHelp = true,
        description = "Shows the version.")
    @SuppressWarnings("unused") // picocli reads it
    private boolean version;

    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  @Command(
      name = "script",
      description = "Runs a single-file training script: [--backend B] FILE.java [ARGS].")
  private static final class Script {}

  @Command(
      name = "test",
      description =
          "Runs all the tests; --install lets it install the OpenCL driver that they use.")
  private static final class Tests {}

  @Command(name = "format", description = "Lays out all Java sources as the tests demand it.")
  private static final class Format {}

  /// Runs the command that the arguments name and gives the exit status.
  public int run(String... arguments) {
    CommandLine line = commands();
    try {
      if (arguments.length > 0 && !arguments[0].startsWith("-")) {
        known(arguments[0], line);
        if (arguments[0].equals("help") && arguments.length > 1 && !arguments[1].startsWith("-")) {
          known(arguments[1], line);
        }
      }
      return line.execute(arguments);
    } catch (Failure failure) {
      return say(failure.getMessage(), MISUSE);
    } catch (OutOfMemoryError e) {
      return say(
          "the memory does not suffice, %d MB at most: NESTOR_JAVA_OPTS=-Xmx8g gives more"
              .formatted(Runtime.getRuntime().maxMemory() >> 20),
          1);
    }
  }

  private CommandLine commands() {
    CommandLine line =
        new CommandLine(new Root())
            .addSubcommand(new RunCommand(surroundings))
            .addSubcommand(new ListCommand(surroundings))
            .addSubcommand(new ExplainCommand(surroundings))
            .addSubcommand(new Script())
            .addSubcommand(new Tests())
            .addSubcommand(new Format())
            .addSubcommand(new ConformanceCommand(surroundings))
            .addSubcommand(new DoctorCommand(surroundings, Backend::installed));
    surroundings.subcommands().forEach(line::addSubcommand);
    line.getCommandSpec().version(Manifest.product());
    line.setOut(new PrintWriter(surroundings.out(), true, surroundings.out().charset()));
    line.setErr(new PrintWriter(surroundings.err(), true, surroundings.err().charset()));
    line.setUsageHelpAutoWidth(true);
    line.setParameterExceptionHandler((e, given) -> say(misuse(e), MISUSE));
    line.setExecutionExceptionHandler((e, command, result) -> failed(e));
    return line;
  }

  private static void known(String name, CommandLine line) {
    Set<String> names = line.getSubcommands().keySet();
    if (!names.contains(name)) {
      Optional<String> option = Nearest.to("--" + name, options(line)); // as in ./nestor version
      throw new Failure(
          "there is no command '%s'%s"
              .formatted(
                  name,
                  Nearest.to(name, names).isEmpty() && option.isPresent()
                      ? "; did you mean " + option.get() + "?"
                      : Nearest.hint(name, names)));
    }
    if (OF_THE_LAUNCHER.contains(name)) {
      throw new Failure(
          "the command %s belongs to the launcher: ./nestor %s".formatted(name, name));
    }
  }

  private int failed(Exception e) {
    if (Boolean.getBoolean("nestor.trace")) {
      e.printStackTrace();
    }
    return say(sentence(e), e instanceof Failure ? MISUSE : 1);
  }

  private int say(String sentence, int status) {
    surroundings.err().println("nestor: " + sentence);
    return status;
  }

  private static String misuse(ParameterException e) {
    CommandLine line = e.getCommandLine();
    boolean isRoot = line.getParent() == null;
    String name = isRoot ? "./nestor" : line.getCommandName();
    String help = " (see ./nestor %s--help)".formatted(isRoot ? "" : name + " ");
    if (e instanceof UnmatchedArgumentException unmatched) {
      Optional<String> option =
          unmatched.getUnmatched().stream().filter(word -> word.startsWith("-")).findFirst();
      return option
          .map(word -> {
            String given = word.split("=", 2)[0];
            return "%s has no option %s%s"
                .formatted(name, given, Nearest.hint(given, options(line)));
          })
          .orElseGet(() ->
              "%s takes no further argument '%s'"
                      .formatted(name, unmatched.getUnmatched().getFirst())
                  + help);
    }
    return firstLine(e)
            .replaceFirst("^Invalid value for option '(.*?)': '(.*)' is not a long$", WHOLE)
            .replaceFirst("^Missing required parameter: '(.*)'$", name + " needs a $1")
            .replaceFirst(
                "^Missing required parameter for option '(.*?)' \\((.*)\\)$", "$1 needs a $2")
        + help;
  }

  private static List<String> options(CommandLine line) {
    return line.getCommandSpec().options().stream().map(OptionSpec::longestName).toList();
  }

  /// What went wrong, in one sentence.
  static String sentence(Throwable e) {
    return switch (e) {
      case Failure failure -> failure.getMessage();
      case TensorException tensors -> tensors.getMessage();
      case MalformedFile malformed -> malformed.getMessage();
      case UncheckedIOException io -> String.valueOf(io.getMessage());
      default ->
          "%s: %s at %s; NESTOR_JAVA_OPTS=-Dnestor.trace=true shows the whole trace"
              .formatted(
                  e.getClass().getSimpleName(),
                  firstLine(e),
                  Arrays.stream(e.getStackTrace())
                      .findFirst()
                      .map(StackTraceElement::toString)
                      .orElse("an unknown place"));
    };
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
