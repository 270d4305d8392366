package nestor.meta;

import nestor.autodiff.Tensor;

/// An optimizer whose rate follows a schedule: its own rate times the schedule's factor, rateₜ =
/// rate · schedule(t) after t steps.
///
/// ```java
/// Scheduled optimizer = new Scheduled(Muon.withRate(0.02), Schedule.warmup(100));
/// var now = optimizer.start(params);
/// now = optimizer.next(now, grad(p -> loss(p, batch), now.params()));
/// ```
///
/// @param optimizer what makes the steps
/// @param schedule what its rate is multiplied by
public record Scheduled(Rated optimizer, Schedule schedule) implements Rated {
  @Override
  public Tensor rate() {
    return optimizer.rate();
  }

  @Override
  public Scheduled withRate(Tensor rate) {
    return new Scheduled(optimizer.withRate(rate), schedule);
  }

  /// Parameters in training.
  ///
  /// @param inner the optimizer's own state
  /// @param step t, the number of steps taken, `float64`
  public record State<T>(Optimizer.State<T> inner, Tensor step) implements Optimizer.State<T> {
    @Override
    public T params() {
      return inner.params();
    }
  }

  @Override
  public <T> State<T> start(T params) {
    return new State<>(optimizer.start(params), Tensor.scalar(0.0));
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    Rated due = optimizer.withRate(optimizer.rate().times(schedule.at(now.step())));
    return new State<>(due.next(now.inner(), gradient), now.step().plus(1));
  }
}
