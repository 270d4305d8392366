package nestor.train.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.train.Failure;

/// What an operator of a reference case is applied to.
///
/// @param attributes the numbers and lists that belong to the operator
/// @param inputs what the case differentiates
/// @param constants indices, labels and masks
record OperatorCall(JsonNode attributes, List<Tensor> inputs, Map<String, Tensor> constants) {
  Tensor in(int index) {
    if (index >= inputs.size()) {
      throw new Failure("it has %d inputs, too few".formatted(inputs.size()));
    }
    return inputs.get(index);
  }

  Tensor constant(String name) {
    Tensor constant = constants.get(name);
    if (constant == null) {
      throw new Failure("the constant " + name + " is missing");
    }
    return constant;
  }

  int axis() {
    return integer("axis");
  }

  int integer(String name) {
    JsonNode value = attribute(name);
    if (!value.canConvertToExactIntegral() || !value.canConvertToInt()) {
      throw new Failure("the attribute %s must be a whole number, not %s".formatted(name, value));
    }
    return value.intValue();
  }

  double real(String name) {
    JsonNode value = attribute(name);
    if (!value.isNumber()) {
      throw new Failure("the attribute %s must be a number, not %s".formatted(name, value));
    }
    return value.doubleValue();
  }

  boolean isSet(String name) {
    JsonNode value = attribute(name);
    if (!value.isBoolean()) {
      throw new Failure("the attribute %s must be true or false, not %s".formatted(name, value));
    }
    return value.booleanValue();
  }

  int[] integers(String name) {
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

  private JsonNode attribute(String name) {
    JsonNode value = attributes.path(name);
    if (value.isMissingNode()) {
      throw new Failure("the attribute " + name + " is missing");
    }
    return value;
  }
}
