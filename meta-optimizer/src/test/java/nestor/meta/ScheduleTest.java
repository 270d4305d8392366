package nestor.meta;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.scan;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.autodiff.check.GradientCheck;
import nestor.laws.Tally;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Each [Schedule] against its closed form, and what [Scheduled] makes of it.
class ScheduleTest {
  private static final Tally TALLY = new Tally("schedules against their closed forms");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private static Tensor number(double value) {
    return Tensor.scalar(value);
  }

  private static void check(Schedule schedule, DoubleUnaryOperator expected) {
    var compiled = compile(schedule::at);
    for (int t = 0; t < 25; t++) {
      Tensor factor = schedule.at(number(t));
      TALLY.near(1e-14, number(expected.applyAsDouble(t)), factor);
      TALLY.sameBits(factor, compiled.apply(number(t)));
      Tensor narrow = schedule.at(Tensor.scalar(DType.FLOAT32, t));
      TALLY.near(1e-6, number(expected.applyAsDouble(t)), narrow.cast(DType.FLOAT64));
      TALLY.equal(DType.FLOAT32, narrow.dtype());
    }
  }

  @Test
  void factorsAreTheClosedForms() {
    check(Schedule.constant(), t -> 1);
    check(Schedule.warmup(10), t -> t < 9 ? (t + 1) / 10 : 1);
    check(Schedule.cosine(16), t -> t < 16 ? (1 + Math.cos(Math.PI * t / 16)) / 2 : 0);
    check(
        new Schedule.Cosine(number(8), number(0.2)),
        t -> t < 8 ? 0.2 + 0.8 * (1 + Math.cos(Math.PI * t / 8)) / 2 : 0.2);
    check(Schedule.exponential(0.9), t -> Math.pow(0.9, t));
    check(Schedule.inverseSquareRoot(4), t -> t < 4 ? 1 : 2 / Math.sqrt(t));
    check(
        Schedule.warmup(4).then(4, Schedule.exponential(0.5)).then(9, Schedule.constant()),
        t -> t < 4 ? (t + 1) / 4 : t < 9 ? Math.pow(0.5, t - 4) : 1);
  }

  /// Away from corners, at t = 5.
  @Test
  void parametersHaveTheDerivativesOfFiniteDifferences() {
    List<Schedule> schedules =
        List.of(
            new Schedule.LinearWarmup(number(8)),
            new Schedule.Cosine(number(9), number(0.3)),
            Schedule.exponential(0.8),
            Schedule.inverseSquareRoot(3),
            Schedule.warmup(2.5).then(2.2, Schedule.cosine(7)));
    for (Schedule schedule : schedules) {
      TALLY.derivatives(GradientCheck.STANDARD, (Schedule s) -> s.at(number(5)), schedule, 2);
    }
    TALLY.derivatives(
        GradientCheck.STANDARD, (Schedule s) -> s.at(number(5)), Schedule.constant(), 1);
  }

  /// A branch that is not taken must not spoil derivatives: 0.5 to the power of −1e6 is infinite.
  @Test
  void schedulesAreNotAskedOutsideTheirTime() {
    Schedule schedule = Schedule.exponential(0.5).then(1e6, Schedule.exponential(0.5));
    TALLY.finite(grad((Schedule s) -> s.at(number(3)), schedule));
    TALLY.finite(grad((Schedule s) -> s.at(number(2e6)), schedule));
  }

  @Test
  void scheduledStepsAreStepsAtThatRate() {
    Schedule schedule = Schedule.warmup(3).then(3, Schedule.exponential(0.7));
    for (Rated optimizer :
        List.of(
            Sgd.withRate(0.3), Momentum.withRate(0.3), AdamW.withRate(0.3), Muon.withRate(0.3))) {
      Scheduled scheduled = new Scheduled(optimizer, schedule);
      var state = scheduled.start(gradient(100));
      var plain = optimizer.start(gradient(100));
      for (int t = 0; t < 6; t++) {
        double rate = 0.3 * schedule.at(number(t)).item();
        state = scheduled.next(state, gradient(t));
        plain = optimizer.withRate(number(rate)).next(plain, gradient(t));
        TALLY.sameBits(plain, state.inner());
        TALLY.sameBits(plain.params(), state.params());
        TALLY.equal(t + 1.0, state.step().item());
      }
      var run =
          scan(
              (Optimizer.State<Tensor> s, Tensor g) ->
                  new Transform.Step<>(scheduled.next(s, g), List.<Tensor>of()),
              scheduled.start(gradient(100)),
              Tensor.stack(0, List.of(gradient(0), gradient(1), gradient(2), gradient(3))));
      var loop = scheduled.start(gradient(100));
      for (int t = 0; t < 4; t++) {
        loop = scheduled.next(loop, gradient(t));
      }
      TALLY.sameBits(loop, run.carry());
    }
  }

  private static Tensor gradient(int t) {
    return Key.of(61).fold(t).normal(DType.FLOAT64, 3, 2);
  }

  @Test
  void ratesAreTheOptimizersOwn() {
    Scheduled scheduled = new Scheduled(AdamW.withRate(0.3), Schedule.warmup(3));
    TALLY.equal(0.3, scheduled.rate().item());
    TALLY.equal(0.1, scheduled.withRate(number(0.1)).optimizer().rate().item());
  }
}
