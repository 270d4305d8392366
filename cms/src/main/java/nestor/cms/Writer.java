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
    public <T> Written<T> next(State<T> now, T gradient) {
      Written<T> collected = ((Written<T>) now).with(gradient, Tensor.scalar(DType.INT64, 1));
      return settle(collected.waited(), all -> all.write(by), collected);
    }

    /// Writes if the period is over.
    <S> S settle(Tensor waited, UnaryOperator<S> write, S at) {
      return period == 1
          ? write.apply(at)
          : cond(waited.equal(waited.constant(period)), write, waits -> waits, at);
    }
  }

  /// Writes with a **learned period**: a relaxation that is differentiable in the period p =
  /// exp(logPeriod). With n the gradients since the last write, the newest among them, and S all
  /// that the writer remembers (parameters, optimizer state, sum of gradients, n), every gradient
  /// makes a part g of a write:
  ///
  ///     g = σ((n − p + ½) / temperature),   S ← (1 − g) S + g written(S),   written(n) = 0
  ///
  /// For temperature → 0, g is 1 where n ≥ p − ½ and 0 elsewhere: this is [Every] with p rounded, to
  /// the bit from a temperature of 0.0005 downwards, where σ(±½ / temperature) is 0 or 1 in
  /// `float64`. At any temperature a gradient that gradient descent collects is written with a total
  /// weight of 1, only spread over time.
  ///
  /// **Schedule.** A high temperature lets a period feel what other periods would do, a low one makes
  /// the model that will be used. Start with the temperature at about a quarter of the first
  /// period, lower it geometrically with [#annealed] over the outer steps down to 0.05 (where
  /// g leaves 0 and 1 by less than 5e-5 at whole periods), then continue with [#rounded]. The
  /// period itself is learned by the outer optimizer, with a rate for its logarithm; the
  /// temperature is no parameter, so freeze it or pass it in. No paper that we know of learns the
  /// periods; Behrouz et al. choose them.
  ///
  /// Each gradient costs a write, about as much as with period 1.
  ///
  /// @param logPeriod ln p, rank 0
  /// @param temperature above 0, rank 0, in units of gradients
  /// @param by what writes
  record Learned(Tensor logPeriod, Tensor temperature, Optimizer by) implements Writer {
    /// A period to start from, and a temperature, both above 0.
    public static Learned from(double period, double temperature, Optimizer by) {
      return new Learned(Tensor.scalar(Math.log(period)), Tensor.scalar(temperature), by);
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
      return new Learned(logPeriod, otherTemperature, by);
    }

    /// The writer at the end of the schedule, at temperature 0. Reads the period's value, so not
    /// inside a transformation.
    public Every rounded() {
      return new Every(Math.max(1, (int) Math.ceil(Math.exp(logPeriod.item()) - 0.5)), by);
    }

    @Override
    public <T> Written<T> start(T params) {
      return Written.start(by, params, DType.FLOAT64);
    }

    @Override
    public <T> Written<T> next(State<T> now, T gradient) {
      Written<T> collected = ((Written<T>) now).with(gradient, Tensor.scalar(DType.INT64, 1));
      return settle(collected.waited(), all -> all.write(by), collected);
    }

    /// Makes the part of a write that is due.
    <S> S settle(Tensor waited, UnaryOperator<S> write, S at) {
      Tensor late = waited.minus(logPeriod.cast(waited.dtype()).exp()).plus(0.5);
      Tensor gate = late.div(temperature.cast(waited.dtype())).sigmoid();
      return Tree.zip(at, write.apply(at), (waits, writes) -> blend(gate, waits, writes));
    }

    private static Tensor blend(Tensor gate, Tensor waits, Tensor writes) {
      if (!waits.dtype().isFloat()) {
        return gate.greater(0.5).where(writes, waits);
      }
      Tensor g = gate.cast(waits.dtype());
      return waits.times(g.neg().plus(1)).plus(writes.times(g));
    }
  }

  /// Never writes.
  record Never() implements Writer {
    /// Parameters that stay.
    ///
    /// @param params θ
    public record State<T>(T params) implements Optimizer.State<T> {}

    @Override
    public <T> State<T> start(T params) {
      return new State<>(params);
    }

    @Override
    public <T> State<T> next(Optimizer.State<T> now, T gradient) {
      return (State<T>) now;
    }
  }
}
