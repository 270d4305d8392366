package nestor.hope;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.Tensor;

/// A memory that a sequence writes token by token and reads: a map from keys to values that each
/// sample of a batch has for itself.
///
/// The parameters are the record, the memory's content is passed in and comes out, so a sequence
/// may be read in pieces.
public sealed interface AssociativeMemory permits GatedDeltaRule, DeltaRule, NoMemory {
  /// What a sample's memory holds before its first token: `[samples, width, width]` for a batch of
  /// `samples`.
  Tensor start(int samples);

  /// One token of each sample.
  ///
  /// @param x `[samples, width]`
  /// @param state `[samples, width, width]`
  Out step(Tensor x, Tensor state);

  /// A result and the memory after it.
  ///
  /// @param value the tokens' readings, of the shape of the tokens
  /// @param state `[samples, width, width]`
  record Out(Tensor value, Tensor state) {}

  /// A whole sequence, or a piece of one.
  ///
  /// @param x `[samples, time, width]`
  /// @param state `[samples, width, width]`
  default Out apply(Tensor x, Tensor state) {
    List<Tensor> readings = new ArrayList<>();
    Tensor now = state;
    for (int t = 0; t < x.shape().dim(1); t++) {
      Tensor token = x.slice(1, t, t + 1).reshape(x.shape().dim(0), x.shape().dim(2));
      Out out = step(token, now);
      readings.add(out.value());
      now = out.state();
    }
    return new Out(Tensor.stack(1, readings), now);
  }
}
