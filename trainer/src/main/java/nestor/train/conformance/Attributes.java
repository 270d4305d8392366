package nestor.train.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import nestor.train.Failure;

/// The numbers, lists and words that belong to a reference case. What is missing or of another kind
/// is a [Failure] that names it.
///
/// @param json the field `attributes` of the case
public record Attributes(JsonNode json) {
  /// A whole number.
  public int integer(String name) {
    JsonNode value = attribute(name);
    if (!value.canConvertToExactIntegral() || !value.canConvertToInt()) {
      throw new Failure("the attribute %s must be a whole number, not %s".formatted(name, value));
    }
    return value.intValue();
  }

  /// A number.
  public double real(String name) {
    JsonNode value = attribute(name);
    if (!value.isNumber()) {
      throw new Failure("the attribute %s must be a number, not %s".formatted(name, value));
    }
    return value.doubleValue();
  }

  /// A truth value.
  public boolean isSet(String name) {
    JsonNode value = attribute(name);
    if (!value.isBoolean()) {
      throw new Failure("the attribute %s must be true or false, not %s".formatted(name, value));
    }
    return value.booleanValue();
  }

  /// A list of whole numbers.
  public int[] integers(String name) {
    JsonNode values = attribute(name);
    int[] integers = new int[values.size()];
    for (int i = 0; i < integers.length; i++) {
      if (!values.get(i).canConvertToInt()) {
        throw new Failure(
            "the attribute %s must be a list of whole numbers, not %s".formatted(name, values));
      }
      integers[i] = values.get(i).intValue();
    }
    return integers;
  }

  /// A word.
  public String text(String name) {
    JsonNode value = attribute(name);
    if (!value.isTextual()) {
      throw new Failure("the attribute %s must be a word, not %s".formatted(name, value));
    }
    return value.textValue();
  }

  private JsonNode attribute(String name) {
    JsonNode value = json.path(name);
    if (value.isMissingNode()) {
      throw new Failure("the attribute " + name + " is missing");
    }
    return value;
  }
}
