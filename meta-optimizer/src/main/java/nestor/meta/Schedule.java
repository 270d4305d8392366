package nestor.meta;

import nestor.autodiff.Tensor;

/// What a rate is multiplied by at each step: a pure function of the number of steps taken, and a
/// tree of rank-0 tensors in which it can be differentiated.
///
/// ```java
/// Schedule schedule = Schedule.warmup(500).then(500, Schedule.cosine(9_500));
/// Scheduled optimizer = new Scheduled(AdamW.withRate(1e-3), schedule);
/// var now = optimizer.start(params);
/// ```
public interface Schedule {
  /// The factor.
  ///
  /// @param step t, the number of steps taken before this one, a floating number of rank 0
  Tensor at(Tensor step);

  /// This schedule for some steps, and then another one from its own beginning.
  default Schedule then(double steps, Schedule next) {
    return new Sequence(this, Tensor.scalar(steps), next);
  }

  /// [Constant] at 1.
  static Constant constant() {
    return new Constant(Tensor.scalar(1.0));
  }

  /// [LinearWarmup] of so many steps.
  static LinearWarmup warmup(double steps) {
    requireSteps(steps);
    return new LinearWarmup(Tensor.scalar(steps));
  }

  /// [Cosine] down to 0 in so many steps.
  static Cosine cosine(double steps) {
    requireSteps(steps);
    return new Cosine(Tensor.scalar(steps), Tensor.scalar(0.0));
  }

  /// [Exponential] with this decay at each step.
  static Exponential exponential(double decay) {
    return new Exponential(Tensor.scalar(decay));
  }

  /// [InverseSquareRoot] after so many steps.
  static InverseSquareRoot inverseSquareRoot(double steps) {
    requireSteps(steps);
    return new InverseSquareRoot(Tensor.scalar(steps));
  }

  private static void requireSteps(double steps) {
    if (!(steps > 0)) {
      throw new IllegalArgumentException("a schedule takes more than 0 steps, not " + steps);
    }
  }

  /// The same factor at every step.
  ///
  /// @param factor rank 0
  record Constant(Tensor factor) implements Schedule {
    @Override
    public Tensor at(Tensor step) {
      return Leaves.as(factor, step);
    }
  }

  /// min(1, (t + 1) / steps): the first step is already above 0, and step number `steps` is whole.
  /// In the corner, which a step may hit, the derivative is half of that on its left.
  ///
  /// @param steps rank 0, above 0
  record LinearWarmup(Tensor steps) implements Schedule {
    @Override
    public Tensor at(Tensor step) {
      return step.plus(1).div(Leaves.as(steps, step)).minimum(1);
    }
  }

  /// floor + (1 − floor) (1 + cos(π min(1, t / steps))) / 2, Loshchilov and Hutter, "SGDR" (2016),
  /// equation 5, without restarts.
  ///
  /// @param steps how long it falls, rank 0, above 0
  /// @param floor where it ends, rank 0
  record Cosine(Tensor steps, Tensor floor) implements Schedule {
    @Override
    public Tensor at(Tensor step) {
      Tensor angle = step.div(Leaves.as(steps, step)).minimum(1).times(Math.PI);
      Tensor low = Leaves.as(floor, step);
      return low.plus(low.neg().plus(1).times(angle.cos().plus(1)).times(0.5));
    }
  }

  /// decayᵗ.
  ///
  /// @param decay rank 0, above 0
  record Exponential(Tensor decay) implements Schedule {
    @Override
    public Tensor at(Tensor step) {
      return Leaves.as(decay, step).pow(step);
    }
  }

  /// √(steps / max(t, steps)): 1 at first, then falling as 1 / √t, Vaswani et al., "Attention is
  /// all you need" (2017), equation 3, whose warm-up is [LinearWarmup].
  ///
  /// @param steps how long it stays at 1, rank 0, above 0
  record InverseSquareRoot(Tensor steps) implements Schedule {
    @Override
    public Tensor at(Tensor step) {
      Tensor start = Leaves.as(steps, step);
      return start.div(step.maximum(start)).sqrt();
    }
  }

  /// One schedule for some steps, then another from its own beginning: first(t) for t < steps, then
  /// second(t − steps). The derivative for `steps` is that of second alone; the place of a jump has
  /// none.
  ///
  /// @param first until then
  /// @param steps rank 0
  /// @param second from then on
  record Sequence(Schedule first, Tensor steps, Schedule second) implements Schedule {
    @Override
    public Tensor at(Tensor step) {
      Tensor boundary = Leaves.as(steps, step);
      Tensor isFirst = step.less(boundary);
      Tensor zero = step.constant(0); // where a schedule is not asked, it sees its beginning
      return isFirst.where(
          first.at(isFirst.where(step, zero)),
          second.at(isFirst.where(zero, step.minus(boundary))));
    }
  }
}
