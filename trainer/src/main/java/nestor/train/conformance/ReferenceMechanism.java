package nestor.train.conformance;

import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.train.Failure;

/// A mechanism that files of reference cases describe; found by [java.util.ServiceLoader].
public interface ReferenceMechanism {
  /// What cases call it.
  String name();

  /// The outputs by name, made of the inputs by operations that can be differentiated.
  Map<String, Tensor> outputs(Given given);

  /// What a case gives.
  ///
  /// @param attributes what is not a tensor
  /// @param inputs the tensors that the outputs are differentiated for, by name
  record Given(Attributes attributes, Map<String, Tensor> inputs) {
    /// The input of this name; that there is none is a [Failure].
    public Tensor in(String name) {
      Tensor input = inputs.get(name);
      if (input == null) {
        throw new Failure("the input " + name + " is missing");
      }
      return input;
    }
  }
}
