package nestor.bench.command;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import nestor.train.Failure;

/// JMH in a JVM of its own, on the class path, where JMH looks for benchmarks and where its forks
/// expect them. It and they get the flags of this JVM.
final class Jmh {
  private Jmh() {}

  static int run(String pattern, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags(ManagementFactory.getRuntimeMXBean().getInputArguments()));
    command.add("-cp");
    command.add(classPath(System.getProperty("jdk.module.path", "")));
    command.add("org.openjdk.jmh.Main");
    command.addAll(List.of("-prof", "gc")); // what each step allocates
    command.addAll(arguments);
    command.add(pattern);
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor();
    } catch (IOException e) {
      throw new Failure("JMH cannot be started: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure("interrupted while JMH ran", e);
    }
  }

  /// All but those about modules, which do not stand on the class path.
  private static List<String> flags(List<String> given) {
    return given.stream()
        .filter(flag -> !flag.startsWith("--module-path") && !flag.startsWith("-Djdk.module"))
        .toList();
  }

  /// The jars of the folders on the module path, and JMH's own, which are in one below.
  private static String classPath(String modulePath) {
    List<String> entries = new ArrayList<>();
    for (String entry : modulePath.split(java.io.File.pathSeparator)) {
      entries.addAll(jars(Path.of(entry)));
      entries.addAll(jars(Path.of(entry, "jmh")));
    }
    if (entries.stream().noneMatch(jar -> jar.contains("jmh-core"))) {
      throw new Failure("--jmh needs JMH beside the modules: start it as ./nestor bench --jmh");
    }
    return String.join(java.io.File.pathSeparator, entries);
  }

  private static List<String> jars(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(Path::toString).filter(file -> file.endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw new Failure("the folder %s cannot be read".formatted(folder), e);
    }
  }
}
