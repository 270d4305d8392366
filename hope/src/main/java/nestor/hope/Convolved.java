package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// A layer that reads each token together with the few before it, as the memories of Behrouz et
/// al., "Nested Learning" (2025), section 8.3, with a window of 4: y = layer(convolution(x)). The
/// one convolution stands before all projections of the layer.
///
/// ```java
/// var layer = Convolved.of(DeltaNet.init(key, DType.FLOAT32, 64), DType.FLOAT32, 64, 4);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64]
/// ```
///
/// @param convolution of the tokens
/// @param layer what reads them
public record Convolved<S>(ShortConvolution convolution, SequenceLayer<S> layer)
    implements SequenceLayer<Convolved.State<S>> {
  /// What has been read.
  ///
  /// @param recent the last tokens, `[samples, window − 1, width]`
  /// @param read by the layer
  public record State<S>(Tensor recent, S read) {}

  /// The layer behind a convolution that is the identity until it is written.
  ///
  /// @param window how many tokens are seen at once
  public static <S> Convolved<S> of(SequenceLayer<S> layer, DType dtype, int width, int window) {
    return new Convolved<>(ShortConvolution.init(dtype, width, window), layer);
  }

  @Override
  public State<S> start(int samples) {
    return new State<>(convolution.start(samples), layer.start(samples));
  }

  @Override
  public Out<State<S>> apply(Tensor x, State<S> state) {
    Out<Tensor> tokens = convolution.apply(x, state.recent);
    Out<S> out = layer.apply(tokens.value(), state.read);
    return new Out<>(out.value(), new State<>(tokens.state(), out.state()));
  }
}
