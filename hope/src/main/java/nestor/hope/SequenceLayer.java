package nestor.hope;

import nestor.autodiff.Tensor;

/// A layer that reads sequences from left to right, each sample for itself: a memory, attention, a
/// recurrent network, or a block of them.
///
/// The parameters are the record; what has been read so far is passed in and comes out, so reading
/// a sequence in pieces gives what reading it at once gives, whatever the pieces. Output t depends
/// on tokens 0 … t only.
///
/// ```java
/// var layer = DeltaNet.init(key, DType.FLOAT32, 64); // for example
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// var more = layer.apply(next, out.state()); // the tokens that follow
/// ```
///
/// @param <S> what has been read, a tree whose leaves have the samples as axis 0
public interface SequenceLayer<S> {
  /// What `samples` sequences have left before their first token.
  S start(int samples);

  /// Reads a whole sequence, or a piece of one.
  ///
  /// @param x `[samples, time, width]`
  /// @param state what was read before
  Out<S> apply(Tensor x, S state);

  /// Reads whole sequences from their beginning: one output for each token, `[samples, time,
  /// width]`.
  ///
  /// @param x `[samples, time, width]`
  default Tensor read(Tensor x) {
    return apply(x, start(x.shape().dim(0))).value();
  }

  /// What a layer gives.
  ///
  /// @param value one output for each token, `[samples, time, width]`
  /// @param state what has been read now
  record Out<S>(Tensor value, S state) {}
}
