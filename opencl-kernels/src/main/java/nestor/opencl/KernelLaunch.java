package nestor.opencl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nestor.opencl.driver.Driver;
import nestor.opencl.source.Source;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.jspecify.annotations.Nullable;

/// A kernel whose arguments are set once, but for the arrays that differ from run to run.
final class KernelLaunch implements Launch {
  private final Session session;
  private final Call call;
  private final boolean complains;
  private final Call.Slot[] slots;
  private final int[] places; // of the slots among the kernel's parameters
  private final @Nullable cl_mem[] bound; // no buffers, which could not become garbage then
  private final int[] offsets;
  private @Nullable cl_kernel kernel;

  KernelLaunch(Session session, Call call) {
    this.session = session;
    this.call = call;
    List<Call.Slot> all = new ArrayList<>();
    List<Integer> at = new ArrayList<>();
    int place = 0;
    for (Call.Argument argument : call.arguments()) {
      if (argument instanceof Call.Slot slot) {
        all.add(slot);
        at.add(place);
      }
      place += size(argument);
    }
    complains =
        call.arguments().stream()
            .anyMatch(argument -> argument instanceof Call.Complaint(int number) && number > 0);
    slots = all.toArray(Call.Slot[]::new);
    places = at.stream().mapToInt(Integer::intValue).toArray();
    bound = new @Nullable cl_mem[slots.length];
    offsets = new int[slots.length];
  }

  private static int size(Call.Argument argument) {
    return switch (argument) {
      case Call.Slot slot -> 2;
      case Call.Complaint complaint -> 2;
      case Call.Own own -> 2;
      case Call.Table table -> 1;
      case Call.Scalar number -> 1;
    };
  }

  @Override
  public List<Source> sources() {
    return List.of(call.source());
  }

  @Override
  public int commands() {
    return 1;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // a handle that is made anew may have the old one's number
  public void enqueue(Frame frame) {
    cl_kernel ready = kernel == null ? prepare() : kernel;
    Driver driver = session.driver();
    for (int i = 0; i < slots.length; i++) {
      cl_mem memory = frame.arrays()[slots[i].slot()].memory();
      int offset = frame.offsets()[slots[i].slot()] + slots[i].offset();
      if (bound[i] != memory) {
        driver.argument(ready, places[i], memory);
        bound[i] = memory;
      }
      if (offsets[i] != offset) {
        driver.argument(ready, places[i] + 1, offset);
        offsets[i] = offset;
      }
    }
    driver.launch(session.queue(), ready, call.global(), call.local());
    if (complains) {
      session.expectFaults();
    }
  }

  private cl_kernel prepare() {
    session.programs().build(sources());
    cl_kernel made = session.programs().kernel(call.source(), this);
    session.requireGroup(made, call);
    Driver driver = session.driver();
    int place = 0;
    for (Call.Argument argument : call.arguments()) {
      switch (argument) {
        case Call.Slot slot -> {}
        case Call.Own(Buffer buffer) -> {
          driver.argument(made, place, buffer.memory());
          driver.argument(made, place + 1, 0);
        }
        case Call.Table(Buffer buffer) -> driver.argument(made, place, buffer.memory());
        case Call.Scalar(int number) -> driver.argument(made, place, number);
        case Call.Complaint(int number) -> {
          driver.argument(made, place, session.faults().memory());
          driver.argument(made, place + 1, number);
        }
      }
      place += size(argument);
    }
    Arrays.fill(offsets, Integer.MIN_VALUE);
    kernel = made;
    return made;
  }
}
