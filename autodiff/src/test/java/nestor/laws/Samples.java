package nestor.laws;

import java.util.List;
import java.util.function.Function;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Op;
import nestor.autodiff.Sample;
import nestor.autodiff.Sampler;
import nestor.autodiff.Tensor;

/// The operators' own samples, and what the laws do with them.
final class Samples {
  private Samples() {}

  static List<Sample> of(long seed, DType dtype, Backend backend) {
    return Op.samples(new Sampler(Key.of(seed), dtype)).stream()
        .map(sample -> sample.on(backend))
        .toList();
  }

  /// The operands that can be differentiated.
  static List<Tensor> floats(Sample sample) {
    return sample.inputs().stream().filter(input -> input.dtype().isFloat()).toList();
  }

  /// The operator as a function of those operands, the others as they are.
  static Function<List<Tensor>, Tensor> function(Sample sample) {
    return floats -> {
      var next = floats.iterator();
      return sample.run(
          sample.inputs().stream()
              .map(input -> input.dtype().isFloat() ? next.next() : input)
              .toList());
    };
  }

  /// max|a − b| / max(1, max|b|), infinite if the types differ or one is NaN where the other is not.
  static double error(Tensor a, Tensor b) {
    if (!a.type().equals(b.type())) {
      return Double.POSITIVE_INFINITY;
    }
    double[] x = a.toDoubles();
    double[] y = b.toDoubles();
    double scale = 1;
    double worst = 0;
    for (int i = 0; i < x.length; i++) {
      if (Double.doubleToLongBits(x[i]) == Double.doubleToLongBits(y[i])) {
        continue;
      }
      double difference = Math.abs(x[i] - y[i]);
      worst = difference <= Double.MAX_VALUE ? Math.max(worst, difference) : 1e300;
      scale = Math.max(scale, Math.abs(y[i]));
    }
    return worst / scale;
  }
}
