package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// No memory at all, to be compared with: it reads 0.
///
/// @param dtype the element type of its empty content
public record NoMemory(DType dtype) implements SequenceLayer<Tensor> {
  @Override
  public Tensor start(int samples) {
    return Tensor.zeros(dtype, samples, 0, 0);
  }

  @Override
  public Out<Tensor> apply(Tensor x, Tensor state) {
    return new Out<>(x.zerosLike(), state);
  }
}
