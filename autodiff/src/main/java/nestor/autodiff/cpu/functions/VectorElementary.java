package nestor.autodiff.cpu.functions;

import static jdk.incubator.vector.DoubleVector.broadcast;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.XOR;
import static nestor.autodiff.cpu.functions.Coefficients.*;

import java.util.Objects;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// The functions of [Elementary] over arrays, several numbers at a time.
///
/// Each function follows its scalar form operation by operation, so the bits are the same; where
/// that form branches, both sides are computed and blended. Arguments outside a function's common
/// range and the last few numbers of an array go through the scalar form itself. This class and
/// [VectorFloatElementary] are the ones here that need the incubating vector module.
///
/// The longest bodies stand in their loops, undivided. C2 boxes every vector that crosses a call it
/// does not inline, and it inlines a method of ours only up to 325 bytecodes and only while its
/// graph is below 18,000 nodes, at some 200 nodes for each vector operation; operations of the
/// Vector API itself know neither limit.
public final class VectorElementary {
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private VectorElementary() {}

  /// y\[i\] = function(x\[i\]) for from ≤ i < to; x and y may be the same array.
  public static void apply(Elementary.Function function, double[] x, double[] y, int from, int to) {
    Objects.checkFromToIndex(from, to, x.length);
    Objects.checkFromToIndex(from, to, y.length);
    int end = from + SPECIES.loopBound(to - from);
    switch (function) {
      case EXP -> exp(x, y, from, end);
      case EXPM1 -> expm1(x, y, from, end);
      case LOG -> log(x, y, from, end);
      case LOG1P -> log1p(x, y, from, end);
      case SIN, COS -> quadrantSine(function, x, y, from, end);
      case TANH -> tanh(x, y, from, end);
      case SIGMOID -> sigmoid(x, y, from, end);
      case SOFTPLUS -> softplus(x, y, from, end);
      case ERF -> erf(x, y, from, end);
    }
    Elementary.apply(function, x, y, end, to);
  }

  private static void exp(double[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      exp(DoubleVector.fromArray(SPECIES, x, i)).intoArray(y, i);
    }
  }

  private static void expm1(double[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      expm1(DoubleVector.fromArray(SPECIES, x, i)).intoArray(y, i);
    }
  }

  private static void log(double[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      DoubleVector v = DoubleVector.fromArray(SPECIES, x, i);
      if (logCovers(v)) {
        log(v).intoArray(y, i);
      } else {
        Elementary.apply(Elementary.Function.LOG, x, y, i, i + LANES);
      }
    }
  }

  private static void log1p(double[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      DoubleVector v = DoubleVector.fromArray(SPECIES, x, i);
      if (log1pCovers(v)) {
        log1p(v).intoArray(y, i);
      } else {
        Elementary.apply(Elementary.Function.LOG1P, x, y, i, i + LANES);
      }
    }
  }

  private static void quadrantSine(
      Elementary.Function function, double[] x, double[] y, int from, int end) {
    long turns = function == Elementary.Function.COS ? 1 : 0;
    for (int i = from; i < end; i += LANES) {
      DoubleVector v = DoubleVector.fromArray(SPECIES, x, i);
      if (!v.abs().compare(LE, TRIGONOMETRIC_LIMIT).allTrue()) {
        Elementary.apply(function, x, y, i, i + LANES);
        continue;
      }
      DoubleVector t = v.fma(broadcast(SPECIES, TWO_OVER_PI), broadcast(SPECIES, ROUND));
      DoubleVector n = t.sub(ROUND);
      DoubleVector minus = n.neg();
      DoubleVector first = minus.fma(broadcast(SPECIES, HALF_PI_1), v);
      DoubleVector second = n.mul(HALF_PI_2);
      DoubleVector secondError = n.fma(broadcast(SPECIES, HALF_PI_2), second.neg());
      DoubleVector r = first.sub(second);
      DoubleVector taken = r.sub(first);
      DoubleVector tail = first.sub(r.sub(taken)).sub(second.add(taken));
      tail = minus.fma(broadcast(SPECIES, HALF_PI_3), tail.sub(secondError));
      LongVector quadrant = t.reinterpretAsLongs().add(turns);
      VectorMask<Double> odd = quadrant.and(1).compare(NE, 0).cast(SPECIES);
      DoubleVector z = r.mul(r);
      DoubleVector p = z.fma(broadcast(SPECIES, SIN_5), broadcast(SPECIES, SIN_4));
      p = z.fma(p, broadcast(SPECIES, SIN_3));
      p = z.fma(p, broadcast(SPECIES, SIN_2));
      p = z.fma(p, broadcast(SPECIES, SIN_1));
      p = z.fma(p, broadcast(SPECIES, SIN_0));
      DoubleVector half = z.mul(0.5);
      DoubleVector w = half.neg().add(1);
      DoubleVector sine = r.add(z.mul(r).fma(p, w.mul(tail)));
      sine = sine.blend(r, r.compare(EQ, 0));
      DoubleVector q = z.fma(broadcast(SPECIES, COS_5), broadcast(SPECIES, COS_4));
      q = z.fma(q, broadcast(SPECIES, COS_3));
      q = z.fma(q, broadcast(SPECIES, COS_2));
      q = z.fma(q, broadcast(SPECIES, COS_1));
      q = z.fma(q, broadcast(SPECIES, COS_0));
      DoubleVector rest = z.mul(z).fma(q, r.neg().mul(tail));
      DoubleVector cosine = w.add(w.neg().add(1).sub(half).add(rest));
      LongVector sign = quadrant.and(2).lanewise(LSHL, 62);
      LongVector value = sine.blend(cosine, odd).reinterpretAsLongs();
      value.lanewise(XOR, sign).reinterpretAsDoubles().intoArray(y, i);
    }
  }

  private static void tanh(double[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      DoubleVector v = DoubleVector.fromArray(SPECIES, x, i);
      DoubleVector size = v.abs();
      DoubleVector a = size.mul(2).blend(44, size.compare(GT, 22));
      DoubleVector t = a.fma(broadcast(SPECIES, LOG2_E), broadcast(SPECIES, ROUND_EXPONENT));
      DoubleVector k = t.sub(ROUND_EXPONENT).neg();
      DoubleVector reduced = k.fma(broadcast(SPECIES, LN2_HIGH), a);
      DoubleVector r = k.fma(broadcast(SPECIES, LN2_LOW), reduced);
      DoubleVector tail = k.fma(broadcast(SPECIES, LN2_LOW), reduced.sub(r));
      DoubleVector scale = powerOfTwo(t.reinterpretAsLongs().sub(1026));
      DoubleVector first = scale.fma(r, scale.sub(0.5));
      DoubleVector rest = r.mul(r).fma(expSeries(r), tail).mul(scale);
      DoubleVector high = first.add(rest);
      DoubleVector low = first.sub(high).add(rest);
      DoubleVector below = high.add(1);
      DoubleVector one = below.sub(high);
      DoubleVector belowError = high.sub(below.sub(one)).add(one.neg().add(1));
      DoubleVector inverse = broadcast(SPECIES, 1).div(below);
      DoubleVector q = high.mul(inverse);
      DoubleVector minus = q.neg();
      DoubleVector residual = minus.fma(belowError.add(low), minus.fma(below, high).add(low));
      LongVector sign = v.reinterpretAsLongs().and(Long.MIN_VALUE);
      DoubleVector value =
          residual.fma(inverse, q).reinterpretAsLongs().or(sign).reinterpretAsDoubles();
      value = value.blend(v, size.compare(LT, 0x1p-28));
      value.blend(Double.NaN, v.compare(NE, v)).intoArray(y, i);
    }
  }

  private static void sigmoid(double[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      sigmoid(DoubleVector.fromArray(SPECIES, x, i)).intoArray(y, i);
    }
  }

  private static void softplus(double[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      DoubleVector v = DoubleVector.fromArray(SPECIES, x, i);
      DoubleVector e = exp(v.abs().neg());
      VectorMask<Double> large = e.compare(GT, SQRT_TWO_LESS_ONE);
      DoubleVector halved = e.fma(broadcast(SPECIES, 0.5), broadcast(SPECIES, -0.5));
      DoubleVector lost = e.fma(broadcast(SPECIES, 0.5), halved.add(0.5).neg());
      DoubleVector zero = broadcast(SPECIES, 0);
      DoubleVector k = zero.blend(1, large);
      DoubleVector f = e.blend(halved, large);
      DoubleVector tail = zero.blend(lost, large);
      DoubleVector s = f.div(f.add(2));
      DoubleVector z = s.mul(s);
      DoubleVector half = f.mul(0.5).mul(f);
      DoubleVector p = z.fma(broadcast(SPECIES, LOG_6), broadcast(SPECIES, LOG_5));
      p = z.fma(p, broadcast(SPECIES, LOG_4));
      p = z.fma(p, broadcast(SPECIES, LOG_3));
      p = z.fma(p, broadcast(SPECIES, LOG_2));
      p = z.fma(p, broadcast(SPECIES, LOG_1));
      p = z.fma(p, broadcast(SPECIES, LOG_0));
      DoubleVector small = s.fma(z.fma(p, half), k.fma(broadcast(SPECIES, LN2_LOW), tail));
      DoubleVector log = k.fma(broadcast(SPECIES, LN2_HIGH), f.sub(half.sub(small)));
      DoubleVector linear = zero.blend(v, v.compare(GT, 0));
      linear.add(log).blend(Double.NaN, v.compare(NE, v)).intoArray(y, i);
    }
  }

  private static void erf(double[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      DoubleVector v = DoubleVector.fromArray(SPECIES, x, i);
      DoubleVector size = v.abs();
      DoubleVector z = size.mul(size);
      DoubleVector p = z.fma(broadcast(SPECIES, ERF_12), broadcast(SPECIES, ERF_11));
      p = z.fma(p, broadcast(SPECIES, ERF_10));
      p = z.fma(p, broadcast(SPECIES, ERF_9));
      p = z.fma(p, broadcast(SPECIES, ERF_8));
      p = z.fma(p, broadcast(SPECIES, ERF_7));
      p = z.fma(p, broadcast(SPECIES, ERF_6));
      p = z.fma(p, broadcast(SPECIES, ERF_5));
      p = z.fma(p, broadcast(SPECIES, ERF_4));
      p = z.fma(p, broadcast(SPECIES, ERF_3));
      p = z.fma(p, broadcast(SPECIES, ERF_2));
      p = z.fma(p, broadcast(SPECIES, ERF_1));
      p = z.fma(p, broadcast(SPECIES, ERF_0));
      DoubleVector near = size.fma(p, size);
      DoubleVector a = size.blend(6, size.compare(GT, 6));
      DoubleVector u = a.sub(1);
      DoubleVector g = u.fma(broadcast(SPECIES, ERFC_18), broadcast(SPECIES, ERFC_17));
      g = u.fma(g, broadcast(SPECIES, ERFC_16));
      g = u.fma(g, broadcast(SPECIES, ERFC_15));
      g = u.fma(g, broadcast(SPECIES, ERFC_14));
      g = u.fma(g, broadcast(SPECIES, ERFC_13));
      g = u.fma(g, broadcast(SPECIES, ERFC_12));
      g = u.fma(g, broadcast(SPECIES, ERFC_11));
      g = u.fma(g, broadcast(SPECIES, ERFC_10));
      g = u.fma(g, broadcast(SPECIES, ERFC_9));
      g = u.fma(g, broadcast(SPECIES, ERFC_8));
      g = u.fma(g, broadcast(SPECIES, ERFC_7));
      g = u.fma(g, broadcast(SPECIES, ERFC_6));
      g = u.fma(g, broadcast(SPECIES, ERFC_5));
      g = u.fma(g, broadcast(SPECIES, ERFC_4));
      g = u.fma(g, broadcast(SPECIES, ERFC_3));
      g = u.fma(g, broadcast(SPECIES, ERFC_2));
      g = u.fma(g, broadcast(SPECIES, ERFC_1));
      g = u.fma(g, broadcast(SPECIES, ERFC_0));
      DoubleVector square = a.neg().fma(a, g);
      DoubleVector t = square.fma(broadcast(SPECIES, LOG2_E), broadcast(SPECIES, ROUND_EXPONENT));
      DoubleVector k = t.sub(ROUND_EXPONENT).neg();
      DoubleVector r = k.fma(broadcast(SPECIES, LN2_HIGH), square);
      r = k.fma(broadcast(SPECIES, LN2_LOW), r);
      DoubleVector e = r.fma(broadcast(SPECIES, EXP_10), broadcast(SPECIES, EXP_9));
      e = r.fma(e, broadcast(SPECIES, EXP_8));
      e = r.fma(e, broadcast(SPECIES, EXP_7));
      e = r.fma(e, broadcast(SPECIES, EXP_6));
      e = r.fma(e, broadcast(SPECIES, EXP_5));
      e = r.fma(e, broadcast(SPECIES, EXP_4));
      e = r.fma(e, broadcast(SPECIES, EXP_3));
      e = r.fma(e, broadcast(SPECIES, EXP_2));
      e = r.fma(e, broadcast(SPECIES, EXP_1));
      e = r.fma(e, broadcast(SPECIES, EXP_0));
      e = r.mul(r).fma(e, r).add(1);
      LongVector biased = t.reinterpretAsLongs().sub(1025);
      e = e.mul(biased.lanewise(LSHL, 52).reinterpretAsDoubles());
      DoubleVector value = e.neg().add(1).blend(near, size.compare(LT, 1));
      LongVector sign = v.reinterpretAsLongs().and(Long.MIN_VALUE);
      value = value.reinterpretAsLongs().or(sign).reinterpretAsDoubles();
      value.blend(Double.NaN, v.compare(NE, v)).intoArray(y, i);
    }
  }

  private static DoubleVector exp(DoubleVector x) {
    DoubleVector a = clamp(x, -746, 710);
    DoubleVector t = a.fma(broadcast(SPECIES, LOG2_E), broadcast(SPECIES, ROUND_EXPONENT));
    DoubleVector k = t.sub(ROUND_EXPONENT).neg();
    DoubleVector r = k.fma(broadcast(SPECIES, LN2_LOW), k.fma(broadcast(SPECIES, LN2_HIGH), a));
    DoubleVector m = r.mul(r).fma(expSeries(r), r).add(1);
    LongVector bits = t.reinterpretAsLongs();
    LongVector half = bits.lanewise(LSHR, 1);
    DoubleVector y = m.mul(powerOfTwo(half.sub(1))).mul(powerOfTwo(bits.sub(half).sub(1)));
    return y.blend(Double.NaN, x.compare(NE, x));
  }

  private static DoubleVector expm1(DoubleVector x) {
    DoubleVector a = clamp(x, -60, 710);
    DoubleVector t = a.fma(broadcast(SPECIES, LOG2_E), broadcast(SPECIES, ROUND_EXPONENT));
    DoubleVector k = t.sub(ROUND_EXPONENT).neg();
    DoubleVector high = k.fma(broadcast(SPECIES, LN2_HIGH), a);
    DoubleVector r = k.fma(broadcast(SPECIES, LN2_LOW), high);
    DoubleVector tail = k.fma(broadcast(SPECIES, LN2_LOW), high.sub(r));
    DoubleVector scale = powerOfTwo(t.reinterpretAsLongs().sub(1026));
    DoubleVector rest = r.mul(r).fma(expSeries(r), tail);
    DoubleVector y = scale.fma(rest, scale.fma(r, scale.sub(0.5))).mul(2);
    y = y.blend(x, x.abs().compare(LT, 0x1p-54));
    return y.blend(Double.NaN, x.compare(NE, x));
  }

  private static DoubleVector sigmoid(DoubleVector x) {
    DoubleVector e = exp(x.abs().neg());
    DoubleVector above = broadcast(SPECIES, 1).blend(e, x.compare(LT, 0));
    DoubleVector below = e.add(1);
    DoubleVector belowError = broadcast(SPECIES, 1).sub(below).add(e);
    DoubleVector inverse = broadcast(SPECIES, 1).div(below);
    DoubleVector q = above.mul(inverse);
    DoubleVector minus = q.neg();
    DoubleVector residual = minus.fma(belowError, minus.fma(below, above));
    return residual.fma(inverse, q).blend(Double.NaN, x.compare(NE, x));
  }

  private static boolean logCovers(DoubleVector x) {
    VectorMask<Double> normal = x.compare(GE, Double.MIN_NORMAL);
    return normal.and(x.compare(LE, Double.MAX_VALUE)).allTrue();
  }

  private static DoubleVector log(DoubleVector x) {
    LongVector bits = x.reinterpretAsLongs().add(ONE_BITS - SQRT_HALF_BITS);
    return assembledLog(fraction(bits).sub(1), broadcast(SPECIES, 0), exponent(bits));
  }

  private static boolean log1pCovers(DoubleVector x) {
    VectorMask<Double> above = x.compare(GT, -1);
    return above.and(x.compare(LT, 0x1p1000)).allTrue();
  }

  private static DoubleVector log1p(DoubleVector x) {
    DoubleVector u = x.add(1);
    DoubleVector rounded = u.sub(x);
    DoubleVector lost = x.sub(u.sub(rounded)).add(broadcast(SPECIES, 1).sub(rounded));
    LongVector bits = u.reinterpretAsLongs().add(ONE_BITS - SQRT_HALF_BITS);
    DoubleVector near = fraction(bits).sub(1);
    LongVector biased = bits.lanewise(LSHR, 52);
    DoubleVector carried = lost.mul(powerOfTwo(biased.neg().add(2046)));
    DoubleVector f = near.add(carried);
    DoubleVector tail = carried.sub(f.sub(near));
    DoubleVector y = assembledLog(f, tail, exponent(bits));
    return y.blend(x, x.abs().compare(LT, 0x1p-54));
  }

  private static DoubleVector fraction(LongVector bits) {
    return bits.and(FRACTION_BITS).add(SQRT_HALF_BITS).reinterpretAsDoubles();
  }

  private static DoubleVector exponent(LongVector bits) {
    LongVector biased = bits.lanewise(LSHR, 52);
    return biased.or(EXPONENT_BITS).reinterpretAsDoubles().sub(EXPONENT_BIAS);
  }

  private static DoubleVector assembledLog(DoubleVector f, DoubleVector tail, DoubleVector k) {
    DoubleVector s = f.div(f.add(2));
    DoubleVector z = s.mul(s);
    DoubleVector half = f.mul(0.5).mul(f);
    DoubleVector p = z.fma(broadcast(SPECIES, LOG_6), broadcast(SPECIES, LOG_5));
    p = z.fma(p, broadcast(SPECIES, LOG_4));
    p = z.fma(p, broadcast(SPECIES, LOG_3));
    p = z.fma(p, broadcast(SPECIES, LOG_2));
    p = z.fma(p, broadcast(SPECIES, LOG_1));
    p = z.fma(p, broadcast(SPECIES, LOG_0));
    DoubleVector small = s.fma(z.fma(p, half), k.fma(broadcast(SPECIES, LN2_LOW), tail));
    return k.fma(broadcast(SPECIES, LN2_HIGH), f.sub(half.sub(small)));
  }

  private static DoubleVector expSeries(DoubleVector r) {
    DoubleVector p = r.fma(broadcast(SPECIES, EXP_10), broadcast(SPECIES, EXP_9));
    p = r.fma(p, broadcast(SPECIES, EXP_8));
    p = r.fma(p, broadcast(SPECIES, EXP_7));
    p = r.fma(p, broadcast(SPECIES, EXP_6));
    p = r.fma(p, broadcast(SPECIES, EXP_5));
    p = r.fma(p, broadcast(SPECIES, EXP_4));
    p = r.fma(p, broadcast(SPECIES, EXP_3));
    p = r.fma(p, broadcast(SPECIES, EXP_2));
    p = r.fma(p, broadcast(SPECIES, EXP_1));
    return r.fma(p, broadcast(SPECIES, EXP_0));
  }

  private static DoubleVector powerOfTwo(LongVector biased) {
    return biased.lanewise(LSHL, 52).reinterpretAsDoubles();
  }

  private static DoubleVector clamp(DoubleVector x, double low, double high) {
    DoubleVector capped = x.blend(high, x.compare(GT, high));
    return capped.blend(low, x.compare(LT, low));
  }
}
