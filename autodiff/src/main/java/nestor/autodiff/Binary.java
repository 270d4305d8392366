package nestor.autodiff;

import java.util.ArrayList;
import java.util.List;

/// Pointwise functions of two operands of one type, broadcast as in NumPy.
///
/// Sums, differences, products, maxima and minima are defined for integers too, where they wrap.
public enum Binary implements DifferentiableOp {
  /// a + b
  ADD {
    @Override
    double at(double a, double b) {
      return a + b;
    }

    @Override
    long at(long a, long b) {
      return a + b;
    }

    @Override
    Tensor partial(int i, Tensor a, Tensor b, Tensor y, Tensor g) {
      return g;
    }
  },
  /// a − b
  SUB {
    @Override
    double at(double a, double b) {
      return a - b;
    }

    @Override
    long at(long a, long b) {
      return a - b;
    }

    @Override
    Tensor partial(int i, Tensor a, Tensor b, Tensor y, Tensor g) {
      return i == 0 ? g : g.neg();
    }
  },
  /// a · b
  MUL {
    @Override
    double at(double a, double b) {
      return a * b;
    }

    @Override
    long at(long a, long b) {
      return a * b;
    }

    @Override
    Tensor partial(int i, Tensor a, Tensor b, Tensor y, Tensor g) {
      return g.times(i == 0 ? b : a);
    }
  },
  /// a / b, of floating operands
  DIV {
    @Override
    double at(double a, double b) {
      return a / b;
    }

    @Override
    Tensor partial(int i, Tensor a, Tensor b, Tensor y, Tensor g) {
      return i == 0 ? g.div(b) : g.times(y).div(b).neg();
    }
  },
  /// aᵇ, of floating operands; the derivative for b is that of a positive base
  POW {
    @Override
    double at(double a, double b) {
      return StrictMath.pow(a, b);
    }

    @Override
    Tensor partial(int i, Tensor a, Tensor b, Tensor y, Tensor g) {
      if (i == 0) { // b a^(b − 1), which at a = b = 0 is 0 and not 0 · ∞
        Tensor hole = a.equal(a.constant(0)).and(b.equal(b.constant(0)));
        return g.times(b).times(hole.where(a.constant(1), a).pow(b.minus(1)));
      }
      Tensor positive = a.greater(0);
      return g.times(y).times(positive.where(a, a.onesLike()).log());
    }
  },
  /// The larger of a and b; ties share the gradient equally, NaN wins
  MAXIMUM {
    @Override
    double at(double a, double b) {
      return Math.max(a, b);
    }

    @Override
    long at(long a, long b) {
      return Math.max(a, b);
    }

    @Override
    Tensor partial(int i, Tensor a, Tensor b, Tensor y, Tensor g) {
      return g.times(i == 0 ? share(a, b) : share(b, a));
    }
  },
  /// The smaller of a and b; ties share the gradient equally, NaN wins
  MINIMUM {
    @Override
    double at(double a, double b) {
      return Math.min(a, b);
    }

    @Override
    long at(long a, long b) {
      return Math.min(a, b);
    }

    @Override
    Tensor partial(int i, Tensor a, Tensor b, Tensor y, Tensor g) {
      return g.times(i == 0 ? share(b, a) : share(a, b));
    }
  };

  /// The scalar definition for floating operands.
  abstract double at(double a, double b);

  /// The scalar definition for integers, where there is one.
  long at(long a, long b) {
    throw new Mismatch("is not defined for integers; cast the operands to a float type");
  }

  /// The product of `g` with the derivative for operand `i`, before broadcasting is undone.
  abstract Tensor partial(int i, Tensor a, Tensor b, Tensor y, Tensor g);

  /// 1 where `winner` is greater, ½ at ties, 0 elsewhere.
  private static Tensor share(Tensor winner, Tensor loser) {
    DType dtype = winner.dtype();
    return winner.greater(loser).cast(dtype).plus(winner.equal(loser).cast(dtype).times(0.5));
  }

  @Override
  public TensorType result(TensorType[] in) {
    DType dtype = Pointwise.same(in);
    if (dtype == DType.BOOL) {
      throw new Mismatch("is not defined for truth values; use and, or, xor, or cast them");
    }
    if (dtype.isInteger() && (this == DIV || this == POW)) {
      throw new Mismatch("is not defined for integers; cast them, or use floorDiv");
    }
    return new TensorType(dtype, in[0].shape().broadcast(in[1].shape()));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    Index a = Index.broadcast(in[0].shape(), out.shape());
    Index b = Index.broadcast(in[1].shape(), out.shape());
    for (int i = 0; i < out.size(); i++) {
      if (out.dtype().isFloat()) {
        out.real(i, at(in[0].real(a.of(i)), in[1].real(b.of(i))));
      } else {
        out.integer(i, at(in[0].integer(a.of(i)), in[1].integer(b.of(i))));
      }
    }
  }

  @Override
  public Tensor vjp(int i, Tensor[] in, Tensor out, Tensor g) {
    return Broadcast.sumTo(partial(i, in[0], in[1], out, g), in[i].shape());
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Pointwise.batch(this, in, mapped);
  }

  static List<Sample> samples(Sampler all) {
    List<Sample> samples = new ArrayList<>();
    for (Binary op : values()) {
      Sampler draw = all.of(op.name());
      samples.addAll(draw.overPairs(op, s -> op.left(draw, s), s -> op.right(draw, s)));
      if (op != DIV && op != POW) {
        samples.addAll(
            draw.overPairs(op, s -> draw.integers(s, -9, 10), s -> draw.integers(s, -9, 10)));
      }
    }
    return samples;
  }

  private Tensor left(Sampler draw, Shape shape) {
    return switch (this) {
      case ADD, SUB, MUL, DIV -> draw.reals(shape, -2, 2);
      case POW -> draw.reals(shape, 0.5, 2);
      case MAXIMUM, MINIMUM -> draw.awayFromZero(shape, 1, 2);
    };
  }

  private Tensor right(Sampler draw, Shape shape) {
    return switch (this) {
      case ADD, SUB, MUL -> draw.reals(shape, -2, 2);
      case DIV -> draw.awayFromZero(shape, 0.5, 2);
      case POW -> draw.reals(shape, -2, 3);
      case MAXIMUM, MINIMUM -> draw.reals(shape, -0.9, 0.9);
    };
  }
}
