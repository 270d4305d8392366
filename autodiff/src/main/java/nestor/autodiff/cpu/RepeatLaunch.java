package nestor.autodiff.cpu;

import java.util.concurrent.atomic.AtomicReference;
import nestor.autodiff.Program;
import nestor.autodiff.plan.Kernel;
import nestor.autodiff.plan.Schedule;
import org.jspecify.annotations.Nullable;

/// A loop over time: the body's plan, run on one step's slices of the inputs and outputs after the
/// other. A carry goes to and fro between two arrays, or along the output that stacks it.
final class RepeatLaunch implements Launch {
  private final Kernel.Repeat kernel;
  private final Schedule schedule;
  private final CpuPlan body;
  private final int[] stackOf;
  private final AtomicReference<@Nullable Turn> spare = new AtomicReference<>();

  /// The body's frame, and its own array for each tensor of the carry.
  private record Turn(CpuPlan.Frame frame, Object[] own) {}

  RepeatLaunch(Kernel.Repeat kernel, CpuPlan body) {
    this.kernel = kernel;
    this.schedule = kernel.body();
    this.body = body;
    this.stackOf = new int[kernel.carries()];
    java.util.Arrays.fill(stackOf, -1);
    for (int i = 0; i < kernel.stacked().length; i++) {
      if (kernel.stacked()[i] >= 0) {
        stackOf[kernel.stacked()[i]] = kernel.carries() + i;
      }
    }
  }

  @Override
  public void run(CpuPlan.Frame outer) {
    Turn turn = spare.getAndSet(null);
    if (turn == null) {
      turn = newTurn();
    }
    CpuPlan.Frame frame = turn.frame;
    int first = kernel.carries() + kernel.inputs();
    for (int i = first; i < kernel.in().size(); i++) {
      Kernel.Repeat.Operand shared = kernel.in().get(i);
      frame.arrays()[i] = outer.arrays()[shared.slot()];
      frame.offsets()[i] = outer.offsets()[shared.slot()] + shared.offset();
    }
    for (int carry = 0; carry < kernel.carries(); carry++) {
      Kernel.Repeat.Operand init = kernel.in().get(carry);
      place(turn, outer, carry, 0, carry);
      System.arraycopy(
          outer.arrays()[init.slot()],
          outer.offsets()[init.slot()] + init.offset(),
          frame.arrays()[carry],
          frame.offsets()[carry],
          size(carry));
    }
    for (int step = 0; step < kernel.length(); step++) {
      step(turn, outer, step);
      body.run(frame);
    }
    for (int i = 0; i < schedule.inputs(); i++) {
      frame.arrays()[i] = null;
    }
    spare.set(turn);
  }

  @Override
  public String details() {
    return body.toString();
  }

  private Turn newTurn() {
    CpuPlan.Frame frame = body.newFrame();
    Object[] own = new Object[kernel.carries()];
    for (int carry = 0; carry < own.length; carry++) {
      own[carry] = frame.arrays()[schedule.results().get(carry).slot()];
    }
    return new Turn(frame, own);
  }

  private int size(int slot) {
    return schedule.arrays().get(slot).size();
  }

  private int time(int step) {
    return kernel.order() == Program.Repeat.Order.FORWARD ? step : kernel.length() - 1 - step;
  }

  private void step(Turn turn, CpuPlan.Frame outer, int step) {
    CpuPlan.Frame frame = turn.frame;
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
        frame.offsets()[slot] = outer.offsets()[out] + time * size(slot);
      }
    }
    for (int carry = 0; carry < kernel.carries(); carry++) {
      place(turn, outer, carry, step, carry);
      place(turn, outer, carry, step + 1, schedule.results().get(carry).slot());
    }
  }

  /// Lets a slot be the carry as it enters a step, or after the last one the result.
  private void place(Turn turn, CpuPlan.Frame outer, int carry, int step, int slot) {
    CpuPlan.Frame frame = turn.frame;
    int left = kernel.length() - step;
    if (left > 0 && stackOf[carry] >= 0) {
      int out = kernel.out()[stackOf[carry]];
      frame.arrays()[slot] = outer.arrays()[out];
      frame.offsets()[slot] = outer.offsets()[out] + time(step) * size(carry);
    } else if (left % 2 == 0) {
      int out = kernel.out()[carry];
      frame.arrays()[slot] = outer.arrays()[out];
      frame.offsets()[slot] = outer.offsets()[out];
    } else {
      frame.arrays()[slot] = turn.own[carry];
      frame.offsets()[slot] = 0;
    }
  }
}
