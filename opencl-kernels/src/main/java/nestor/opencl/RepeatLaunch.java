package nestor.opencl;

import java.util.Arrays;
import java.util.List;
import nestor.autodiff.Program;
import nestor.autodiff.plan.Kernel;
import nestor.autodiff.plan.Schedule;
import nestor.opencl.source.Source;

/// A loop over time: the body's kernels, enqueued for one step's slices of the inputs and outputs
/// after the other. A carry goes to and fro between two arrays, or along the output that stacks it.
final class RepeatLaunch implements Launch {
  private final Session session;
  private final Kernel.Repeat kernel;
  private final Schedule schedule;
  private final Launches body;
  private final Buffer[] own;
  private final int[] stackOf;

  RepeatLaunch(Session session, Kernel.Repeat kernel) {
    this.session = session;
    this.kernel = kernel;
    this.schedule = kernel.body();
    this.body = Launches.of(session, schedule);
    this.own = new Buffer[kernel.carries()];
    for (int carry = 0; carry < own.length; carry++) {
      own[carry] = body.frame().arrays()[schedule.results().get(carry).slot()];
    }
    this.stackOf = new int[kernel.carries()];
    Arrays.fill(stackOf, -1);
    for (int i = 0; i < kernel.stacked().length; i++) {
      if (kernel.stacked()[i] >= 0) {
        stackOf[kernel.stacked()[i]] = kernel.carries() + i;
      }
    }
  }

  @Override
  public List<Source> sources() {
    return body.sources();
  }

  @Override
  public int commands() {
    return kernel.carries() + kernel.length() * body.commands();
  }

  @Override
  public void enqueue(Frame outer) {
    try {
      start(outer);
      for (int step = 0; step < kernel.length(); step++) {
        step(outer, step);
        body.enqueue();
      }
    } finally {
      body.forgetLent();
    }
  }

  private void start(Frame outer) {
    Frame frame = body.frame();
    for (int i = kernel.carries() + kernel.inputs(); i < kernel.in().size(); i++) {
      Kernel.Repeat.Operand shared = kernel.in().get(i);
      frame.arrays()[i] = outer.arrays()[shared.slot()];
      frame.offsets()[i] = outer.offsets()[shared.slot()] + shared.offset();
    }
    for (int carry = 0; carry < kernel.carries(); carry++) {
      Kernel.Repeat.Operand init = kernel.in().get(carry);
      place(outer, carry, 0, carry);
      session.copy(
          outer.arrays()[init.slot()],
          outer.offsets()[init.slot()] + init.offset(),
          frame.arrays()[carry],
          frame.offsets()[carry],
          schedule.arrays().get(carry).size());
    }
  }

  private int time(int step) {
    return kernel.order() == Program.Repeat.Order.FORWARD ? step : kernel.length() - 1 - step;
  }

  private void step(Frame outer, int step) {
    Frame frame = body.frame();
    int time = time(step);
    for (int i = kernel.carries(); i < kernel.carries() + kernel.inputs(); i++) {
      Kernel.Repeat.Operand input = kernel.in().get(i);
      frame.arrays()[i] = outer.arrays()[input.slot()];
      frame.offsets()[i] = outer.offsets()[input.slot()] + input.offset() + time * input.stride();
    }
    int computed = kernel.carries();
    for (int i = 0; i < kernel.stacked().length; i++) {
      if (kernel.stacked()[i] < 0) {
        int slot = schedule.results().get(computed++).slot();
        int out = kernel.out()[kernel.carries() + i];
        frame.arrays()[slot] = outer.arrays()[out];
        frame.offsets()[slot] = outer.offsets()[out] + time * schedule.arrays().get(slot).size();
      }
    }
    for (int carry = 0; carry < kernel.carries(); carry++) {
      place(outer, carry, step, carry);
      place(outer, carry, step + 1, schedule.results().get(carry).slot());
    }
  }

  /// Lets a slot be the carry as it enters a step, or after the last one the result.
  private void place(Frame outer, int carry, int step, int slot) {
    Frame frame = body.frame();
    int left = kernel.length() - step;
    if (left > 0 && stackOf[carry] >= 0) {
      int out = kernel.out()[stackOf[carry]];
      frame.arrays()[slot] = outer.arrays()[out];
      frame.offsets()[slot] =
          outer.offsets()[out] + time(step) * schedule.arrays().get(carry).size();
    } else if (left % 2 == 0) {
      int out = kernel.out()[carry];
      frame.arrays()[slot] = outer.arrays()[out];
      frame.offsets()[slot] = outer.offsets()[out];
    } else {
      frame.arrays()[slot] = own[carry];
      frame.offsets()[slot] = 0;
    }
  }
}
