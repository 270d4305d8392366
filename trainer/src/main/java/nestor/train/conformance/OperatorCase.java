package nestor.train.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.Transform.Vjp;
import nestor.train.Failure;

/// One case of an operator: its output, the gradients g of ⟨output, cotangent⟩ for every input, and
/// with directions v the gradients of Σ⟨g, v⟩, which takes second derivatives.
final class OperatorCase {
  private final JsonNode description;
  private final ReferenceFile file;
  private final Conditions conditions;
  private final List<String> remarks = new ArrayList<>();

  OperatorCase(JsonNode description, ReferenceFile file, Conditions conditions) {
    this.description = description;
    this.file = file;
    this.conditions = conditions;
  }

  /// What is wrong with the case itself, known after [#check].
  List<String> remarks() {
    return List.copyOf(remarks);
  }

  /// Everything compared, the output first.
  List<Deviation> check() {
    String op = description.path("op").asText();
    Operators.Operator operator = Operators.named(op);
    List<String> gradients = names("gradients");
    List<Tensor> inputs = tensors("inputs");
    if (inputs.isEmpty() || gradients.size() != inputs.size()) {
      throw new Failure(
          "it has %d inputs and %d gradients".formatted(inputs.size(), gradients.size()));
    }
    Map<String, Tensor> constants = constants();
    Attributes attributes = new Attributes(description.path("attributes"));
    Function<List<Tensor>, Tensor> f =
        in -> operator.apply(new OperatorCall(attributes, in, constants));

    List<Deviation> deviations = new ArrayList<>();
    Tensor output = conditions.mode().of(f).apply(inputs);
    deviations.add(compare("output", output, name("output")));
    if (!deviations.getFirst().note().isEmpty()) {
      return deviations; // a cotangent would not fit
    }
    Tensor cotangent = conditions.here(file.tensor(name("cotangent")));
    List<Tensor> pulled = conditions.mode().of(pullback(f)).apply(inputs, cotangent);
    for (int i = 0; i < gradients.size(); i++) {
      deviations.add(compare("gradient " + i, pulled.get(i), gradients.get(i)));
    }
    if (description.has("directions") || description.has("seconds")) {
      deviations.addAll(seconds(f, inputs, cotangent));
    }
    return deviations;
  }

  private static BiFunction<List<Tensor>, Tensor, List<Tensor>> pullback(
      Function<List<Tensor>, Tensor> f) {
    return (in, cotangent) -> Transform.vjp(f, in).pullback().apply(cotangent);
  }

  /// Σ⟨g, v⟩.
  private static Tensor dot(List<Tensor> g, List<Tensor> directions) {
    Tensor sum = g.getFirst().times(directions.getFirst()).sum();
    for (int i = 1; i < g.size(); i++) {
      sum = sum.plus(g.get(i).times(directions.get(i)).sum());
    }
    return sum;
  }

  private record Cotangents(Tensor cotangent, List<Tensor> directions) {}

  private List<Deviation> seconds(
      Function<List<Tensor>, Tensor> f, List<Tensor> inputs, Tensor cotangent) {
    List<Tensor> directions = tensors("directions");
    List<String> seconds = names("seconds");
    if (directions.size() != inputs.size() || seconds.size() != inputs.size()) {
      throw new Failure(
          "it has %d inputs, %d directions and %d seconds"
              .formatted(inputs.size(), directions.size(), seconds.size()));
    }
    BiFunction<List<Tensor>, Cotangents, List<Tensor>> second =
        (at, given) -> {
          Function<List<Tensor>, Tensor> along =
              in -> dot(pullback(f).apply(in, given.cotangent()), given.directions());
          Vjp<List<Tensor>, Tensor> product = Transform.vjp(along, at);
          return product.pullback().apply(product.value().onesLike());
        };
    List<Tensor> pulled =
        conditions.mode().of(second).apply(inputs, new Cotangents(cotangent, directions));
    List<Deviation> deviations = new ArrayList<>();
    List<String> gradients = names("gradients");
    for (int i = 0; i < seconds.size(); i++) {
      Tensor reference = file.tensor(seconds.get(i));
      if (Erratum.isLeftover(name("op"), reference, file.tensor(gradients.get(i)))) {
        remarks.add("%s repeats %s; compared with 0".formatted(seconds.get(i), gradients.get(i)));
        deviations.add(Deviation.between("second " + i, pulled.get(i), reference.zerosLike()));
      } else {
        deviations.add(compare("second " + i, pulled.get(i), seconds.get(i)));
      }
    }
    return deviations;
  }

  private Deviation compare(String what, Tensor ours, String name) {
    return conditions.compare("%s (%s)".formatted(what, name), ours, file.tensor(name));
  }

  private List<Tensor> tensors(String field) {
    return names(field).stream().map(file::tensor).map(conditions::here).toList();
  }

  private Map<String, Tensor> constants() {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> constant : description.path("constants").properties()) {
      constants.put(constant.getKey(), conditions.here(file.tensor(constant.getValue().asText())));
    }
    return constants;
  }

  private String name(String field) {
    JsonNode node = description.path(field);
    if (!node.isTextual()) {
      throw new Failure("its field " + field + " must name a tensor");
    }
    return node.asText();
  }

  private List<String> names(String field) {
    JsonNode node = description.path(field);
    List<String> names = new ArrayList<>();
    for (JsonNode name : node) {
      if (!name.isTextual()) {
        throw new Failure("its field " + field + " must name tensors");
      }
      names.add(name.asText());
    }
    if (!node.isArray()) {
      throw new Failure("its field " + field + " must be a list of tensors' names");
    }
    return names;
  }
}
