package nestor.hope.rule;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import nestor.autodiff.Tensor;

/// How queries and keys of attention tell where their tokens stand.
///
/// ```java
/// Tensor queries = Positions.ROTARY.mark(q, 0); // q [samples, heads, time, width]
/// Tensor keys = Positions.ROTARY.mark(k, 0);
/// Tensor scores = queries.matmulTransposed(keys);
/// ```
public enum Positions {
  /// Not at all: what is seen is a set, but for what may not be seen.
  NONE {
    @Override
    public Tensor mark(Tensor x, int first) {
      return x;
    }
  },
  /// Rotary positions, Su et al., "RoFormer" (2021): the elements i and i + width/2 are turned, as
  /// a pair, by the position times 10000^(−2i/width). Scores then depend on differences of
  /// positions only.
  ROTARY {
    @Override
    public Tensor mark(Tensor x, int first) {
      int width = x.shape().dim(-1);
      if (width % 2 != 0) {
        throw new IllegalArgumentException(
            "rotary positions turn pairs of elements, but a head has " + width);
      }
      Tensor cos = table(x, first, StrictMath::cos);
      Tensor sin = table(x, first, StrictMath::sin);
      Tensor a = x.slice(-1, 0, width / 2);
      Tensor b = x.slice(-1, width / 2, width);
      return Tensor.concat(
          x.shape().rank() - 1,
          List.of(a.times(cos).minus(b.times(sin)), a.times(sin).plus(b.times(cos))));
    }
  };

  private static final double BASE = 10_000;

  /// Queries or keys `[..., time, width]` marked by their positions, which count from `first`.
  public abstract Tensor mark(Tensor x, int first);

  /// A function of all angles, `[time, width / 2]`, computed in double precision.
  private static Tensor table(Tensor x, int first, DoubleUnaryOperator f) {
    int time = x.shape().dim(-2);
    int pairs = x.shape().dim(-1) / 2;
    double[] values = new double[time * pairs];
    for (int t = 0; t < time; t++) {
      for (int i = 0; i < pairs; i++) {
        double frequency = StrictMath.pow(BASE, -(double) i / pairs);
        values[t * pairs + i] = f.applyAsDouble((first + t) * frequency);
      }
    }
    return Tensor.of(values).reshape(time, pairs).cast(x.dtype());
  }
}
