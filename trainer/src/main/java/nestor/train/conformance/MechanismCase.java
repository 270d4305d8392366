package nestor.train.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.train.Failure;
import nestor.train.conformance.ReferenceMechanism.Given;

/// One case of a mechanism: its outputs, and the gradients of Σ⟨output, cotangent⟩ for every input.
///
/// @param description the case
/// @param file where its tensors are
/// @param conditions how it is checked
record MechanismCase(JsonNode description, ReferenceFile file, Conditions conditions) {
  /// Everything compared, the outputs first.
  List<Deviation> check(ReferenceMechanism mechanism) {
    Attributes attributes = new Attributes(description.path("attributes"));
    Map<String, Tensor> inputs = tensors("inputs");
    Map<String, String> outputs = names("outputs");
    Map<String, String> gradients = names("gradients");
    if (!inputs.keySet().equals(gradients.keySet())) {
      throw new Failure(
          "it has the inputs %s and gradients for %s"
              .formatted(inputs.keySet(), gradients.keySet()));
    }
    Function<Map<String, Tensor>, Map<String, Tensor>> f =
        in -> only(outputs, mechanism.outputs(new Given(attributes, in)));
    Map<String, Tensor> given = conditions.mode().of(f).apply(inputs);
    List<Deviation> deviations = new ArrayList<>();
    outputs.forEach((name, tensor) -> deviations.add(compare("", name, given, tensor)));
    if (deviations.stream().anyMatch(deviation -> !deviation.note().isEmpty())) {
      return deviations; // a cotangent would not fit
    }
    Map<String, Tensor> cotangents = tensors("cotangents");
    if (!cotangents.keySet().equals(outputs.keySet())) {
      throw new Failure(
          "it has the outputs %s and cotangents for %s"
              .formatted(outputs.keySet(), cotangents.keySet()));
    }
    BiFunction<Map<String, Tensor>, Map<String, Tensor>, Map<String, Tensor>> pullback =
        (in, cotangent) -> Transform.vjp(f, in).pullback().apply(cotangent);
    Map<String, Tensor> pulled = conditions.mode().of(pullback).apply(inputs, cotangents);
    gradients.forEach(
        (name, tensor) -> deviations.add(compare("the gradient for ", name, pulled, tensor)));
    return deviations;
  }

  private static Map<String, Tensor> only(Map<String, String> wanted, Map<String, Tensor> outputs) {
    Map<String, Tensor> chosen = new LinkedHashMap<>();
    for (String name : wanted.keySet()) {
      Tensor output = outputs.get(name);
      if (output == null) {
        throw new Failure("the output %s is not among %s".formatted(name, outputs.keySet()));
      }
      chosen.put(name, output);
    }
    return chosen;
  }

  private Deviation compare(String what, String name, Map<String, Tensor> ours, String tensor) {
    Tensor one = Objects.requireNonNull(ours.get(name), name);
    return conditions.compare("%s%s (%s)".formatted(what, name, tensor), one, file.tensor(tensor));
  }

  private Map<String, Tensor> tensors(String field) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    names(field).forEach((name, tensor) -> tensors.put(name, conditions.here(file.tensor(tensor))));
    return tensors;
  }

  /// The names of tensors by what they are to the mechanism.
  private Map<String, String> names(String field) {
    JsonNode node = description.path(field);
    if (!node.isObject() || node.isEmpty()) {
      throw new Failure("its field " + field + " must name tensors");
    }
    Map<String, String> names = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isTextual()) {
        throw new Failure("its field " + field + " must name tensors");
      }
      names.put(entry.getKey(), entry.getValue().asText());
    }
    return names;
  }
}
