package nestor.autodiff;

import java.util.List;
import java.util.stream.IntStream;

/// The indices (`int64`) that sort an axis in increasing order; equals keep their order, NaN goes
/// last.
///
/// @param axis the axis, not negative
public record ArgSort(int axis) implements DiscreteOp {
  @Override
  public TensorType result(TensorType[] in) {
    in[0].shape().axis(axis);
    return new TensorType(DType.INT64, in[0].shape());
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Cells x = in[0];
    int length = x.shape().dim(axis);
    int stride = x.shape().strides()[axis];
    for (int i = 0; i < x.size(); i++) {
      if (i / stride % length != 0) {
        continue;
      }
      int first = i;
      int[] order =
          IntStream.range(0, length)
              .boxed()
              .sorted((a, b) -> x.compare(first + a * stride, first + b * stride))
              .mapToInt(Integer::intValue)
              .toArray();
      for (int k = 0; k < length; k++) {
        out.integer(first + k * stride, order[k]);
      }
    }
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(new ArgSort(axis + 1), in);
  }

  static List<Sample> samples(Sampler draw) {
    return List.of(
        Sample.of(new ArgSort(0), draw.reals(1)),
        Sample.of(new ArgSort(0), draw.reals(0)),
        Sample.of(new ArgSort(0), draw.reals(37)),
        Sample.of(new ArgSort(1), draw.reals(2, 5, 3)),
        Sample.of(new ArgSort(1), draw.integers(Shape.of(3, 17), -3, 4)),
        Sample.of(new ArgSort(0), draw.bools(Shape.of(7))));
  }
}
