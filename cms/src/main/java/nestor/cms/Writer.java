package nestor.cms;

import static nestor.autodiff.Transform.cond;

import java.util.function.UnaryOperator;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.meta.Optimizer;

/// An optimizer with a clock: it collects gradients and writes the parameters once in a while, from
/// the sum of what it collected, Behrouz et al., "Nested Learning" (2025), equation 71.
///
/// What a gradient belongs to is up to the caller: a token in [OnlineCms], a training step where it
/// stands in for any other optimizer. It is a pure function and differentiable as such.
///
/// ```java
/// Writer writer = new Writer.Every(10, Adam.withRate(1e-3));
/// var now = writer.start(params);
/// now = writer.next(now, gradient); // the parameters change at every tenth call
/// ```
public sealed interface Writer extends Optimizer {
  /// Writes after gradients `period`, 2 `period`, … With period 1 it is the optimizer itself.
  ///
  /// @param period how many gradients make a write, at least 1
  /// @param by what writes
  record Every(int period, Optimizer by) implements Writer {
    /// A period that makes sense.
    public Every {
      if (period < 1) {
        throw new IllegalArgumentException(
            "a period must be at least 1, not " + period + "; what never writes is Writer.Never");
      }
    }

    @Override
    public <T> Written<T> start(T params) {
      return Written.start(by, params, DType.INT64);
    }

    @Override
    public <T> Written<T> next(Optimizer.State<T> now, T gradient) {
      Written<T> collected = ((Written<T>) now).with(gradient, Tensor.scalar(DType.INT64, 1));
      return settle(collected.clock(), all -> all.write(by), collected);
    }

    /// Writes when a period is over.
    <S> S settle(Tensor clock, UnaryOperator<S> write, S at) {
      if (period == 1) {
        return write.apply(at);
      }
      Tensor over = clock.remainder(clock.constant(period)).equal(clock.constant(0));
      return cond(over, write, waits -> waits, at);
    }
  }

  /// Writes with a **learned period**: a relaxation that is differentiable in the period
  /// p = 1 + exp(logPause). With S all that the writer remembers (parameters, optimizer state, sum
  /// of gradients), gradient t makes a part g of a write, where write n is due at n p and spread
  /// over time by a logistic distribution of this temperature:
  ///
  ///     g = Σₙ σ((t − n p + ½) / temperature) − σ((t − n p − ½) / temperature)
  ///     S ← (1 − g) S + g written(S)
  ///
  /// Every write has the weight 1 in total, so at any temperature there are t / p of them. For
  /// temperature → 0 write n happens at t = round(n p): with a whole period this is [Every], to the
  /// bit from a temperature of 0.0005 downwards, where σ(±½ / temperature) is 0 or 1 in `float64`.
  ///
  /// **Schedule.** Start with a temperature of about the first period: then g is nearly 1 / p at
  /// all times, and a loss depends on p as smoothly as it does on a rate. Lower it geometrically,
  /// with [#annealed], to 0.05, where g leaves 0 and 1 by less than 5e-5 at whole periods, and go
  /// on with [#rounded]. Write n moves by n dp, so at each temperature p is settled to about
  /// temperature / n, and each is fine enough for the next to go on from; the derivative with
  /// respect to p grows with n for the same reason, so learn logPause by an optimizer that does
  /// not mind the scale, such as Adam. The temperature is no parameter: freeze it, or pass it in.
  /// No paper that we know of learns the periods.
  ///
  /// ```java
  /// Tensor logPause = Tensor.scalar(Math.log(16 - 1)); // learned, from a period of 16
  /// Tensor temperature = Writer.Learned.annealed(16, 0.05, Tensor.scalar(0.5)); // halfway
  /// var levels = List.of(learned(logPause, temperature, Sgd.withRate(0.01)), never());
  /// ```
  ///
  /// Each gradient costs a write, as with period 1.
  ///
  /// @param logPause ln (p − 1), rank 0: the logarithm of the gradients between two writes
  /// @param temperature above 0, at most a few periods, rank 0, in units of gradients
  /// @param by what writes
  record Learned(Tensor logPause, Tensor temperature, Optimizer by) implements Writer {
    /// Beyond so many writes before and after, what a write has left for now is below e⁻³² at a
    /// temperature of p.
    private static final int REACH = 32;

    /// A period to start from, above 1, and a temperature.
    public static Learned from(double period, double temperature, Optimizer by) {
      if (!(period > 1) || !(temperature > 0)) {
        throw new IllegalArgumentException(
            "a learned period starts above 1 and its temperature above 0, not from %s and %s"
                .formatted(period, temperature));
      }
      return new Learned(Tensor.scalar(Math.log(period - 1)), Tensor.scalar(temperature), by);
    }

    /// The period p, rank 0.
    public Tensor period() {
      return logPause.exp().plus(1);
    }

    /// The temperature first · (last / first)^progress of the schedule.
    ///
    /// @param progress the share of the outer steps that are over, rank 0; from 1 on it stays at
    ///   `last`
    public static Tensor annealed(double first, double last, Tensor progress) {
      return progress.minimum(1).times(Math.log(last / first)).exp().times(first);
    }

    /// The same writer at another temperature.
    public Learned at(Tensor otherTemperature) {
      return new Learned(logPause, otherTemperature, by);
    }

    /// The writer at the end of the schedule, with the nearest whole period. Reads the period's
    /// value, so not inside a transformation.
    public Every rounded() {
      return new Every((int) Math.rint(period().item()), by);
    }

    @Override
    public <T> Written<T> start(T params) {
      return Written.start(by, params, DType.FLOAT64);
    }

    @Override
    public <T> Written<T> next(Optimizer.State<T> now, T gradient) {
      Written<T> collected = ((Written<T>) now).with(gradient, Tensor.scalar(DType.INT64, 1));
      return settle(collected.clock(), all -> all.write(by), collected);
    }

    /// Makes the part of a write that is due.
    <S> S settle(Tensor clock, UnaryOperator<S> write, S at) {
      Tensor gate = gate(clock);
      return Tree.zip(at, write.apply(at), (waits, writes) -> blend(gate, waits, writes));
    }

    /// g after so many gradients.
    private Tensor gate(Tensor clock) {
      Tensor p = period().cast(clock.dtype());
      Tensor nearby = Tensor.arange(clock.dtype(), 2 * REACH + 1).minus(REACH);
      Tensor late = clock.minus(clock.div(p).round().plus(nearby).times(p)); // t − n p
      Tensor width = temperature.cast(clock.dtype());
      return late.plus(0.5).div(width).sigmoid().minus(late.minus(0.5).div(width).sigmoid()).sum();
    }

    private static Tensor blend(Tensor gate, Tensor waits, Tensor writes) {
      if (!waits.dtype().isFloat()) {
        return gate.greater(0.5).where(writes, waits);
      }
      Tensor g = gate.cast(waits.dtype());
      return waits.times(g.neg().plus(1)).plus(writes.times(g));
    }
  }

  /// Never writes: θ stays.
  ///
  /// ```java
  /// Writer writer = new Writer.Never();
  /// var now = writer.next(writer.start(params), gradient); // now.params() is params
  /// ```
  record Never() implements Writer {
    /// Parameters that stay.
    ///
    /// @param params θ
    public record Still<T>(T params) implements Optimizer.State<T> {}

    @Override
    public <T> Still<T> start(T params) {
      return new Still<>(params);
    }

    @Override
    public <T> Still<T> next(Optimizer.State<T> now, T gradient) {
      return (Still<T>) now;
    }
  }
}
