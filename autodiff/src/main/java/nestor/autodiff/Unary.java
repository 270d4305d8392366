package nestor.autodiff;

import java.util.Arrays;
import java.util.List;

/// Pointwise functions of one floating operand: scalar definition, derivative and sampling domain.
public enum Unary implements DifferentiableOp {
  /// −x
  NEG(-2, 2) {
    @Override
    double at(double x) {
      return -x;
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.neg();
    }
  },
  /// eˣ
  EXP(-2, 2) {
    @Override
    double at(double x) {
      return StrictMath.exp(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(y);
    }
  },
  /// eˣ − 1, exact for small x
  EXPM1(-2, 2) {
    @Override
    double at(double x) {
      return StrictMath.expm1(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(y.plus(1));
    }
  },
  /// The natural logarithm.
  LOG(0.5, 3) {
    @Override
    double at(double x) {
      return StrictMath.log(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.div(x);
    }
  },
  /// ln(1 + x), exact for small x
  LOG1P(-0.5, 2) {
    @Override
    double at(double x) {
      return StrictMath.log1p(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.div(x.plus(1));
    }
  },
  /// The sine of an angle in radians.
  SIN(-2, 2) {
    @Override
    double at(double x) {
      return StrictMath.sin(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(x.cos());
    }
  },
  /// The cosine of an angle in radians.
  COS(-2, 2) {
    @Override
    double at(double x) {
      return StrictMath.cos(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(x.sin()).neg();
    }
  },
  /// The angle in (−π/2, π/2) whose tangent is x
  ATAN(-2, 2) {
    @Override
    double at(double x) {
      return StrictMath.atan(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.div(x.square().plus(1));
    }
  },
  /// The hyperbolic tangent.
  TANH(-2, 2) {
    @Override
    double at(double x) {
      return StrictMath.tanh(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(y.square().neg().plus(1));
    }
  },
  /// 1 / (1 + e⁻ˣ)
  SIGMOID(-2, 2) {
    @Override
    double at(double x) {
      double e = StrictMath.exp(-Math.abs(x));
      return x >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(y).times(y.neg().plus(1));
    }
  },
  /// ln(1 + eˣ)
  SOFTPLUS(-2, 2) {
    @Override
    double at(double x) {
      return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(x.sigmoid());
    }
  },
  /// The error function 2/√π ∫₀ˣ exp(−t²) dt.
  ERF(-2, 2) {
    @Override
    double at(double x) {
      return ErrorFunction.erf(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(x.square().neg().exp()).times(2 / Math.sqrt(Math.PI));
    }
  },
  /// √x
  SQRT(0.5, 3) {
    @Override
    double at(double x) {
      return Math.sqrt(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(0.5).div(y);
    }
  },
  /// 1 / √x
  RSQRT(0.5, 3) {
    @Override
    double at(double x) {
      return 1 / Math.sqrt(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(-0.5).times(y.square().times(y));
    }
  },
  /// 1 / x
  RECIPROCAL(0.5, 3) {
    @Override
    double at(double x) {
      return 1 / x;
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(y.square()).neg();
    }
  },
  /// |x|, with derivative 0 at 0
  ABS(0.1, 2) {
    @Override
    double at(double x) {
      return Math.abs(x);
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(x.sign());
    }
  },
  /// x²
  SQUARE(-2, 2) {
    @Override
    double at(double x) {
      return x * x;
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(x.times(2));
    }
  },
  /// max(x, 0), with derivative 0 at 0; NaN stays NaN
  RELU(0.1, 2) {
    @Override
    double at(double x) {
      return x <= 0 ? 0 : x;
    }

    @Override
    Tensor vjp(Tensor x, Tensor y, Tensor g) {
      return g.times(x.greater(0).cast(g.dtype()));
    }
  };

  private final double low;
  private final double high;

  Unary(double low, double high) {
    this.low = low;
    this.high = high;
  }

  /// The scalar definition.
  abstract double at(double x);

  /// The derivative's product with `g`, at operand `x` and result `y`.
  abstract Tensor vjp(Tensor x, Tensor y, Tensor g);

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
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return vjp(in[0], out, g);
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(this, in);
  }

  static List<Sample> samples(Sampler draw) {
    return Arrays.stream(values()).flatMap(op -> samples(op, draw.of(op.name())).stream()).toList();
  }

  private static List<Sample> samples(Unary op, Sampler draw) {
    return draw.overShapes(
        op,
        shape ->
            op == ABS || op == RELU
                ? draw.awayFromZero(shape, op.low, op.high)
                : draw.reals(shape, op.low, op.high));
  }
}
