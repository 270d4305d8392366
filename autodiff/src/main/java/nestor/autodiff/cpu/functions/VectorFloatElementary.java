package nestor.autodiff.cpu.functions;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.XOR;
import static nestor.autodiff.cpu.functions.FloatCoefficients.*;

import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/// The functions of [FloatElementary] over arrays, several numbers at a time, with the same bits.
///
/// The bodies stand in their loops instead of being [FloatFunctions] over an algebra of vectors: C2
/// boxes every vector that crosses a call it does not inline, and it inlines no method that is long
/// or already compiled by itself (see [VectorElementary]).
public final class VectorFloatElementary {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private VectorFloatElementary() {}

  /// y\[i\] = function(x\[i\]) for from ≤ i < to; x and y may be the same array.
  public static void apply(Elementary.Function function, float[] x, float[] y, int from, int to) {
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
    FloatElementary.apply(function, x, y, end, to);
  }

  private static void exp(float[] x, float[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector a = v.blend(EXP_LEAST, v.compare(LT, EXP_LEAST));
      a = a.blend(EXP_MOST, a.compare(GT, EXP_MOST));
      FloatVector t = a.fma(broadcast(SPECIES, LOG2_E), broadcast(SPECIES, ROUND + 254));
      FloatVector k = t.sub(ROUND + 254);
      FloatVector r = k.fma(broadcast(SPECIES, -LN2_HIGH), a);
      FloatVector p = exponential(k.fma(broadcast(SPECIES, -LN2_LOW), r));
      IntVector biased = t.reinterpretAsInts();
      IntVector half = biased.lanewise(LSHR, 1);
      p = p.mul(powerOfTwo(half)).mul(powerOfTwo(biased.sub(half)));
      p.blend(Float.NaN, v.compare(NE, v)).intoArray(y, i);
    }
  }

  private static void expm1(float[] x, float[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector a = v.blend(EXPM1_LEAST, v.compare(LT, EXPM1_LEAST));
      a = a.blend(EXP_MOST, a.compare(GT, EXP_MOST));
      FloatVector t = a.fma(broadcast(SPECIES, LOG2_E), broadcast(SPECIES, ROUND + 126));
      FloatVector k = t.sub(ROUND + 126);
      FloatVector r = k.fma(broadcast(SPECIES, -LN2_HIGH), a);
      r = k.fma(broadcast(SPECIES, -LN2_LOW), r);
      FloatVector g = r.fma(broadcast(SPECIES, EXPM1_6), broadcast(SPECIES, EXPM1_5));
      g = r.fma(g, broadcast(SPECIES, EXPM1_4));
      g = r.fma(g, broadcast(SPECIES, EXPM1_3));
      g = r.fma(g, broadcast(SPECIES, EXPM1_2));
      FloatVector p = r.mul(r).fma(g, r);
      FloatVector scale = powerOfTwo(t.reinterpretAsInts());
      FloatVector half = scale.fma(p, scale.sub(0.5f));
      FloatVector value = half.add(half).blend(v, v.abs().compare(LT, 0x1p-25f));
      value.blend(Float.NaN, v.compare(NE, v)).intoArray(y, i);
    }
  }

  private static void log(float[] x, float[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      IntVector u = v.reinterpretAsInts().add(ONE_BITS - SQRT_HALF_BITS);
      FloatVector minusK = minusExponent(u);
      if (minusK.abs().compare(GT, 125.5f).anyTrue()) {
        FloatElementary.apply(Elementary.Function.LOG, x, y, i, i + LANES);
        continue;
      }
      FloatVector m = u.and(FRACTION_BITS).add(SQRT_HALF_BITS).reinterpretAsFloats();
      assembledLog(m.sub(1), minusK).intoArray(y, i);
    }
  }

  private static void log1p(float[] x, float[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      IntVector u = v.add(1).reinterpretAsInts().add(ONE_BITS - SQRT_HALF_BITS);
      FloatVector minusK = minusExponent(u);
      if (minusK.abs().compare(GT, 125.5f).anyTrue()) {
        FloatElementary.apply(Elementary.Function.LOG1P, x, y, i, i + LANES);
        continue;
      }
      IntVector power = u.and(~FRACTION_BITS);
      FloatVector scale =
          IntVector.broadcast(power.species(), 2 * ONE_BITS).sub(power).reinterpretAsFloats();
      FloatVector f = v.mul(scale).sub(broadcast(SPECIES, 1).sub(scale));
      assembledLog(f, minusK).intoArray(y, i);
    }
  }

  private static void tanh(float[] x, float[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector size = v.abs();
      FloatVector a = size.blend(TANH_MOST, size.compare(GT, TANH_MOST));
      FloatVector t = a.fma(broadcast(SPECIES, 2 * LOG2_E), broadcast(SPECIES, ROUND + 126));
      FloatVector k = t.sub(ROUND + 126);
      FloatVector r = k.fma(broadcast(SPECIES, -0.5f * LN2_HIGH), a);
      r = k.fma(broadcast(SPECIES, -0.5f * LN2_LOW), r);
      FloatVector g = r.fma(broadcast(SPECIES, -TANH_6), broadcast(SPECIES, TANH_5));
      g = r.fma(g, broadcast(SPECIES, -TANH_4));
      g = r.fma(g, broadcast(SPECIES, TANH_3));
      g = r.fma(g, broadcast(SPECIES, -TANH_2));
      FloatVector p = r.mul(r).fma(g, r);
      FloatVector scale = powerOfTwo(t.reinterpretAsInts());
      FloatVector value = p.add(scale.sub(0.5f)).div(scale.add(0.5f).sub(p));
      withSign(value, v).blend(Float.NaN, v.compare(NE, v)).intoArray(y, i);
    }
  }

  private static void sigmoid(float[] x, float[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector a = v.blend(EXP_LEAST, v.compare(LT, EXP_LEAST));
      a = a.blend(SIGMOID_MOST, a.compare(GT, SIGMOID_MOST));
      FloatVector t = a.fma(broadcast(SPECIES, -LOG2_E), broadcast(SPECIES, ROUND + 359));
      FloatVector k = t.sub(ROUND + 359);
      FloatVector r = k.fma(broadcast(SPECIES, LN2_HIGH), a);
      r = k.fma(broadcast(SPECIES, LN2_LOW), r);
      FloatVector g = r.fma(broadcast(SPECIES, -EXP_6), broadcast(SPECIES, EXP_5));
      g = r.fma(g, broadcast(SPECIES, -EXP_4));
      g = r.fma(g, broadcast(SPECIES, EXP_3));
      g = r.fma(g, broadcast(SPECIES, -EXP_2));
      FloatVector p = r.mul(r).fma(g, r);
      FloatVector minusScale = powerOfTwo(t.reinterpretAsInts());
      FloatVector one = broadcast(SPECIES, 0x1p-24f);
      FloatVector value = one.div(minusScale.fma(p, one.sub(minusScale)));
      value.blend(Float.NaN, v.compare(NE, v)).intoArray(y, i);
    }
  }

  private static void softplus(float[] x, float[] y, int from, int end) {
    FloatVector zero = broadcast(SPECIES, 0);
    for (int i = from; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector a = v.abs().neg();
      a = a.blend(EXP_LEAST, a.compare(LT, EXP_LEAST));
      FloatVector t = a.fma(broadcast(SPECIES, LOG2_E), broadcast(SPECIES, ROUND + 32));
      FloatVector k = t.sub(ROUND + 32);
      FloatVector r = k.fma(broadcast(SPECIES, -LN2_HIGH), a);
      FloatVector p = exponential(k.fma(broadcast(SPECIES, -LN2_LOW), r));
      IntVector power = t.reinterpretAsInts().lanewise(LSHL, 23);
      FloatVector large = p.reinterpretAsInts().add(power).reinterpretAsFloats();
      FloatVector e = large.mul(0x1p-32f);
      FloatVector q = e.fma(broadcast(SPECIES, SOFTPLUS_9), broadcast(SPECIES, SOFTPLUS_8));
      q = e.fma(q, broadcast(SPECIES, SOFTPLUS_7));
      q = e.fma(q, broadcast(SPECIES, SOFTPLUS_6));
      q = e.fma(q, broadcast(SPECIES, SOFTPLUS_5));
      q = e.fma(q, broadcast(SPECIES, SOFTPLUS_4));
      q = e.fma(q, broadcast(SPECIES, SOFTPLUS_3));
      q = e.fma(q, broadcast(SPECIES, SOFTPLUS_2));
      q = e.fma(q, broadcast(SPECIES, SOFTPLUS_1));
      q = e.fma(q, broadcast(SPECIES, SOFTPLUS_0));
      FloatVector value = large.fma(q, zero.blend(v, v.compare(GT, 0)));
      value.blend(Float.NaN, v.compare(NE, v)).intoArray(y, i);
    }
  }

  private static void erf(float[] x, float[] y, int from, int end) {
    for (int i = from; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      FloatVector size = v.abs();
      FloatVector z = v.mul(v);
      FloatVector p = z.fma(broadcast(SPECIES, ERF_5), broadcast(SPECIES, ERF_4));
      p = z.fma(p, broadcast(SPECIES, ERF_3));
      p = z.fma(p, broadcast(SPECIES, ERF_2));
      p = z.fma(p, broadcast(SPECIES, ERF_1));
      p = z.fma(p, broadcast(SPECIES, ERF_0));
      FloatVector near = size.fma(p, size);
      FloatVector a = size.blend(ERF_MOST, size.compare(GT, ERF_MOST));
      FloatVector q = a.fma(broadcast(SPECIES, ERFC_8), broadcast(SPECIES, ERFC_7));
      q = a.fma(q, broadcast(SPECIES, ERFC_6));
      q = a.fma(q, broadcast(SPECIES, ERFC_5));
      q = a.fma(q, broadcast(SPECIES, ERFC_4));
      q = a.fma(q, broadcast(SPECIES, ERFC_3));
      q = a.fma(q, broadcast(SPECIES, ERFC_2));
      q = a.fma(q, broadcast(SPECIES, ERFC_1));
      q = a.fma(q, broadcast(SPECIES, ERFC_0));
      FloatVector square = q.mul(q);
      FloatVector far = broadcast(SPECIES, 1).sub(square.mul(square));
      FloatVector value = far.blend(near, size.compare(LT, ERF_MIDDLE));
      withSign(value, v).blend(Float.NaN, v.compare(NE, v)).intoArray(y, i);
    }
  }

  private static void quadrantSine(
      Elementary.Function function, float[] x, float[] y, int from, int end) {
    float rounding = function == Elementary.Function.COS ? ROUND + 1 : ROUND;
    for (int i = from; i < end; i += LANES) {
      FloatVector v = FloatVector.fromArray(SPECIES, x, i);
      if (!v.abs().compare(LT, TRIGONOMETRIC_LIMIT).allTrue()) {
        FloatElementary.apply(function, x, y, i, i + LANES);
        continue;
      }
      FloatVector t = v.fma(broadcast(SPECIES, TWO_OVER_PI), broadcast(SPECIES, rounding));
      FloatVector n = t.sub(rounding);
      FloatVector r = n.fma(broadcast(SPECIES, -HALF_PI_1), v);
      r = n.fma(broadcast(SPECIES, -HALF_PI_2), r);
      r = n.fma(broadcast(SPECIES, -HALF_PI_3), r);
      FloatVector z = r.mul(r);
      FloatVector s = z.fma(broadcast(SPECIES, SIN_2), broadcast(SPECIES, SIN_1));
      s = r.mul(z).fma(z.fma(s, broadcast(SPECIES, SIN_0)), r);
      FloatVector c = z.fma(broadcast(SPECIES, COS_3), broadcast(SPECIES, COS_2));
      c = z.fma(c, broadcast(SPECIES, COS_1));
      c = z.fma(c, broadcast(SPECIES, COS_0));
      c = z.fma(c, broadcast(SPECIES, 1));
      IntVector quadrant = t.reinterpretAsInts().lanewise(LSHL, 30);
      FloatVector value = c.blend(s, quadrant.reinterpretAsFloats().compare(EQ, 0));
      IntVector sign = quadrant.and(SIGN_BIT);
      value = value.reinterpretAsInts().lanewise(XOR, sign).reinterpretAsFloats();
      if (function == Elementary.Function.SIN) {
        value = value.blend(v, v.compare(EQ, 0));
      }
      value.intoArray(y, i);
    }
  }

  private static FloatVector exponential(FloatVector r) {
    FloatVector p = r.fma(broadcast(SPECIES, EXP_6), broadcast(SPECIES, EXP_5));
    p = r.fma(p, broadcast(SPECIES, EXP_4));
    p = r.fma(p, broadcast(SPECIES, EXP_3));
    p = r.fma(p, broadcast(SPECIES, EXP_2));
    p = r.fma(p, broadcast(SPECIES, 1));
    return r.fma(p, broadcast(SPECIES, 1));
  }

  private static FloatVector assembledLog(FloatVector f, FloatVector minusK) {
    FloatVector p = f.fma(broadcast(SPECIES, LOG_10), broadcast(SPECIES, LOG_9));
    p = f.fma(p, broadcast(SPECIES, LOG_8));
    p = f.fma(p, broadcast(SPECIES, LOG_7));
    p = f.fma(p, broadcast(SPECIES, LOG_6));
    p = f.fma(p, broadcast(SPECIES, LOG_5));
    p = f.fma(p, broadcast(SPECIES, LOG_4));
    p = f.fma(p, broadcast(SPECIES, LOG_3));
    p = f.fma(p, broadcast(SPECIES, LOG_2));
    FloatVector y = f.mul(f).fma(p, f);
    y = minusK.fma(broadcast(SPECIES, -LN2_LOW), y);
    return minusK.fma(broadcast(SPECIES, -LN2_HIGH), y);
  }

  private static FloatVector minusExponent(IntVector moved) {
    FloatVector biased = moved.lanewise(LSHR, 23).or(EXPONENT_BITS).reinterpretAsFloats();
    return broadcast(SPECIES, EXPONENT_BIAS).sub(biased);
  }

  private static FloatVector powerOfTwo(IntVector biased) {
    return biased.lanewise(LSHL, 23).reinterpretAsFloats();
  }

  private static FloatVector withSign(FloatVector size, FloatVector v) {
    IntVector sign = v.reinterpretAsInts().and(SIGN_BIT);
    return size.reinterpretAsInts().or(sign).reinterpretAsFloats();
  }
}
