package nestor.autodiff;

import java.util.Arrays;
import java.util.List;

/// Pointwise steps: floating functions whose derivative is 0 wherever it exists.
public enum PiecewiseConstant implements DiscreteOp {
  /// −1, 0 or 1 with the sign of x; NaN stays NaN
  SIGN {
    @Override
    double at(double x) {
      return x > 0 ? 1 : x < 0 ? -1 : x;
    }
  },
  /// The largest whole number not above x.
  FLOOR {
    @Override
    double at(double x) {
      return Math.floor(x);
    }
  },
  /// The smallest whole number not below x.
  CEIL {
    @Override
    double at(double x) {
      return Math.ceil(x);
    }
  },
  /// The nearest whole number, halves to the even one.
  ROUND {
    @Override
    double at(double x) {
      return Math.rint(x);
    }
  };

  /// The scalar definition.
  abstract double at(double x);

  @Override
  public TensorType result(TensorType[] in) {
    Pointwise.floating(in[0]);
    return in[0];
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    for (int i = 0; i < out.size(); i++) {
      out.real(i, at(in[0].real(i)));
    }
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(this, in);
  }

  static List<Sample> samples(Sampler draw) {
    return Arrays.stream(values()).flatMap(op -> samples(op, draw.of(op.name())).stream()).toList();
  }

  private static List<Sample> samples(PiecewiseConstant op, Sampler draw) {
    return draw.overShapes(op, shape -> draw.reals(shape, -3, 3));
  }
}
