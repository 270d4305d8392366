package nestor.laws;

import java.util.ArrayList;
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
  /// A prime number of values, so that turns bring each beside each.
  static final double[] SPECIAL = {
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    0,
    -0.0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    2,
    1e-10,
    -1e-10,
    30,
    -30
  };

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

  /// A sample whose floating operands, or else whose integers, have another element type.
  static Sample cast(Sample sample, DType dtype) {
    boolean floats = !floats(sample).isEmpty();
    List<Tensor> operands = new ArrayList<>();
    for (Tensor input : sample.inputs()) {
      if (input.dtype() == DType.BOOL || floats != input.dtype().isFloat()) {
        operands.add(input);
      } else if (dtype == DType.BOOL) {
        operands.add(input.greater(0));
      } else {
        operands.add(input.times(floats ? 3 : 1).cast(dtype));
      }
    }
    return new Sample(sample.op(), operands);
  }

  /// A sample whose floating operands hold special values; in all turns together, elements of two
  /// operands of one shape meet in each pair.
  static Sample special(Sample sample, int turn) {
    List<Tensor> operands = new ArrayList<>();
    for (int i = 0; i < sample.inputs().size(); i++) {
      Tensor input = sample.inputs().get(i);
      if (input.dtype().isFloat()) {
        double[] values = new double[input.shape().size()];
        for (int k = 0; k < values.length; k++) {
          values[k] = SPECIAL[((4 * i + 1) * k + (2 * i + 1) * turn) % SPECIAL.length];
        }
        Tensor special = Tensor.of(input.shape(), values).cast(input.dtype());
        operands.add(special.on(Backend.named("reference")));
      } else {
        operands.add(input);
      }
    }
    return new Sample(sample.op(), operands);
  }

  /// The largest |a − b| / |b| of an element.
  static double relative(Tensor a, Tensor b) {
    double[] x = a.toDoubles();
    double[] y = b.toDoubles();
    double worst = 0;
    for (int i = 0; i < x.length; i++) {
      if (Double.doubleToLongBits(x[i]) != Double.doubleToLongBits(y[i]) && x[i] != y[i]) {
        double error = Math.abs(x[i] - y[i]) / Math.abs(y[i]);
        worst = error <= Double.MAX_VALUE ? Math.max(worst, error) : Double.POSITIVE_INFINITY;
      }
    }
    return worst;
  }

  /// max|a − b| / max(1, max|b|), infinite if the types differ or one is NaN or infinite where the
  /// other is not.
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
      // Zeros of either sign differ by more than nothing.
      double difference = Math.max(Math.abs(x[i] - y[i]), Double.MIN_NORMAL);
      if (!(difference <= Double.MAX_VALUE)) {
        return Double.POSITIVE_INFINITY;
      }
      worst = Math.max(worst, difference);
      scale = Math.max(scale, Math.abs(y[i]));
    }
    return worst / scale;
  }
}
