package nestor.bench;

import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import nestor.autodiff.DType;
import nestor.autodiff.Transform;
import nestor.train.Mode;

/// A case whose steps lead from state to state. Checked by two steps in `float64`, one operator at
/// a time.
///
/// @param workload the workload's name
/// @param parameters the size
/// @param seconds how long it is timed
/// @param start the first state, of the same numbers in every type
/// @param step the next state
record Training<S>(
    String workload,
    Map<String, Object> parameters,
    double seconds,
    Function<DType, S> start,
    UnaryOperator<S> step)
    implements Case {
  /// Where the sign of a gradient that is almost 0 decides, Adam takes a step of 1e-3 either way.
  private static final double BOUND = 5e-3;

  @Override
  public Deviation check(Mode mode) {
    UnaryOperator<S> next = mode.step(step);
    S single = next.apply(next.apply(start.apply(DType.FLOAT32)));
    S twice = step.apply(step.apply(start.apply(DType.FLOAT64)));
    return Deviation.of(single, twice, "two steps in float64", BOUND);
  }

  @Override
  public Cost cost() {
    Function<S, S> next = step;
    return Cost.of(Transform.compile(next).donating().plan(start.apply(DType.FLOAT32)), 1);
  }

  @Override
  public Step start(Mode mode) {
    return new Running<>(mode.step(step), start.apply(DType.FLOAT32));
  }

  private static final class Running<S> implements Step {
    private final UnaryOperator<S> step;
    private S now;

    Running(UnaryOperator<S> step, S start) {
      this.step = step;
      this.now = start;
    }

    @Override
    public Object run() {
      now = step.apply(now);
      return now;
    }
  }
}
