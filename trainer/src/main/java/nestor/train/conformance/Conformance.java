package nestor.train.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nestor.autodiff.DType;
import nestor.autodiff.TensorException;
import nestor.train.Failure;
import nestor.train.Nearest;
import nestor.train.safetensors.MalformedFile;

/// Checks files of reference cases: operators, mechanisms and traces of programs.
public final class Conformance {
  private Conformance() {}

  /// One verdict for each case of a file. Whatever is wrong with a case or with the file is a
  /// failed case, never an exception.
  public static List<Verdict> check(Path path, Conditions conditions, Subjects subjects) {
    String name = path.getFileName().toString();
    ReferenceFile file;
    try {
      file = ReferenceFile.read(path);
    } catch (RuntimeException e) {
      return List.of(Verdict.failed(path.toString(), sentence(e)));
    }
    if (file.description().path("trace").isArray()) {
      return trace(name, file, conditions, subjects.programs());
    }
    JsonNode cases = file.description().path("cases");
    if (!cases.isArray() || cases.isEmpty()) {
      return List.of(Verdict.failed(name, "it holds neither cases nor a trace"));
    }
    List<Verdict> verdicts = new ArrayList<>();
    for (JsonNode one : cases) {
      verdicts.add(
          one("%s case %d".formatted(name, verdicts.size()), one, file, conditions, subjects));
    }
    return verdicts;
  }

  private static Verdict one(
      String place, JsonNode one, ReferenceFile file, Conditions conditions, Subjects subjects) {
    if (one.path("op").isTextual()) {
      String named = place + " " + one.path("op").asText();
      try {
        OperatorCase operatorCase = new OperatorCase(one, file, conditions);
        List<Deviation> deviations = operatorCase.check();
        return Verdict.of(named, deviations, conditions.operatorTolerance())
            .remarking(operatorCase.remarks());
      } catch (RuntimeException e) {
        return Verdict.failed(named, sentence(e));
      }
    }
    if (one.path("name").isTextual()) {
      return mechanism(place, new MechanismCase(one, file, conditions), subjects.mechanisms());
    }
    return Verdict.failed(place, "it names neither an operator (op) nor a mechanism (name)");
  }

  private static Verdict mechanism(
      String place, MechanismCase one, List<ReferenceMechanism> mechanisms) {
    String name = one.description().path("name").asText();
    List<String> names = mechanisms.stream().map(ReferenceMechanism::name).sorted().toList();
    String named = place + " " + name;
    try {
      ReferenceMechanism mechanism =
          mechanisms.stream()
              .filter(known -> known.name().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new Failure(
                      "there is no mechanism '%s'%s".formatted(name, Nearest.hint(name, names))));
      return Verdict.of(named, one.check(mechanism), one.conditions().operatorTolerance());
    } catch (RuntimeException e) {
      return Verdict.failed(named, sentence(e));
    }
  }

  private static List<Verdict> trace(
      String name, ReferenceFile file, Conditions conditions, List<ReferenceProgram> programs) {
    if (conditions.dtype() != DType.FLOAT64) {
      return List.of(
          Verdict.failed(name, "the traces of programs are chaotic and checked in float64 only"));
    }
    try {
      Optional<ReferenceProgram> program =
          programs.stream().filter(one -> one.accepts(file)).findFirst();
      if (program.isEmpty()) {
        return List.of(Verdict.failed(name, "no program here has a trace of this form"));
      }
      List<Verdict> verdicts = new ArrayList<>();
      for (ReferenceProgram.Case one :
          program.get().check(file, conditions.backend(), conditions.mode())) {
        verdicts.add(
            Verdict.of(name + " " + one.name(), one.deviations(), conditions.traceTolerance()));
      }
      return verdicts;
    } catch (RuntimeException e) {
      return List.of(Verdict.failed(name, sentence(e)));
    }
  }

  /// What went wrong, in one line; the class is named where the exception was not meant for users.
  private static String sentence(RuntimeException e) {
    String text = String.join(";", String.valueOf(e.getMessage()).lines().toList());
    return switch (e) {
      case Failure _, TensorException _, MalformedFile _, UncheckedIOException _ -> text;
      default -> e.getClass().getSimpleName() + ": " + text;
    };
  }
}
