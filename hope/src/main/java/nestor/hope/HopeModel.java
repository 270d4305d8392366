package nestor.hope;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Linear;

/// A sequence model of HOPE layers between two projections.
///
/// @param input `[width, in]`
/// @param layers the layers
/// @param output `[out, width]`
public record HopeModel(Linear input, List<HopeBlock> layers, Linear output) {
  /// Predictions and the memories after them.
  ///
  /// @param value `[samples, time, out]`
  /// @param states one for each layer, a memory for each sample
  public record Out(Tensor value, List<Tensor> states) {}

  /// The memories of samples that have seen nothing.
  public List<Tensor> start(int samples) {
    return layers.stream().map(layer -> layer.memory().start(samples)).toList();
  }

  /// The predictions `[samples, time, out]` for x `[samples, time, in]`.
  public Out apply(Tensor x, List<Tensor> states) {
    Tensor h = input.apply(x);
    List<Tensor> after = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      AssociativeMemory.Out out = layers.get(i).apply(h, states.get(i));
      h = out.value();
      after.add(out.state());
    }
    return new Out(output.apply(h), List.copyOf(after));
  }
}
