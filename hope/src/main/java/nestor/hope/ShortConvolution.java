package nestor.hope;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// A causal convolution of each feature by itself over the last few tokens: yₜ = Σⱼ wⱼ ∘ x_{t −
/// window + 1 + j}, with zeros before the first token.
///
/// ```java
/// var layer = ShortConvolution.init(DType.FLOAT32, 64, 4);
/// var out = layer.apply(x, layer.start(8)); // x [8, time, 64], out.state() [8, 3, 64]
/// ```
///
/// @param kernel w `[window, width]`, the present token's row last
public record ShortConvolution(Tensor kernel) implements SequenceLayer<Tensor> {
  /// A convolution that is the identity until it is written.
  ///
  /// @param window how many tokens are seen, at least 1
  public static ShortConvolution init(DType dtype, int width, int window) {
    Tensor present = Tensor.ones(dtype, 1, width);
    return new ShortConvolution(present.pad(new int[] {window - 1, 0}, new int[] {0, 0}));
  }

  /// No tokens before the first: zeros `[samples, window − 1, width]`.
  @Override
  public Tensor start(int samples) {
    return kernel.constant(0).broadcastTo(samples, past(), kernel.shape().dim(-1));
  }

  private int past() {
    return kernel.shape().dim(-2) - 1;
  }

  @Override
  public Out<Tensor> apply(Tensor x, Tensor state) {
    int time = x.shape().dim(1);
    Tensor all = Tensor.concat(1, List.of(state, x));
    Tensor y = x.times(kernel.get(past()));
    for (int j = past() - 1; j >= 0; j--) {
      y = y.plus(all.slice(1, j, j + time).times(kernel.get(j)));
    }
    return new Out<>(y, all.slice(1, time, time + past()));
  }
}
