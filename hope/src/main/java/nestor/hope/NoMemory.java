package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// No memory at all, to be compared with: it reads 0: y = 0 for every token.
///
/// ```java
/// var layer = new NoMemory(DType.FLOAT32);
/// var block = new HopeBlock<>(layer, Cms.init(key, DType.FLOAT32, 64, 3)); // y = CMS(x)
/// Tensor y = block.read(x); // x, y [8, time, 64]
/// ```
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
