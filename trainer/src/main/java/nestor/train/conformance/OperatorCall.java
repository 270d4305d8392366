package nestor.train.conformance;

import java.util.List;
import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.train.Failure;

/// What an operator of a reference case is applied to.
///
/// @param attributes what belongs to the operator
/// @param inputs what the case differentiates
/// @param constants indices, labels and masks
record OperatorCall(Attributes attributes, List<Tensor> inputs, Map<String, Tensor> constants) {
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
    return attributes.integer("axis");
  }
}
