package nestor.opencl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.plan.Kernel;
import nestor.autodiff.plan.Profile;
import nestor.autodiff.plan.Schedule;
import nestor.opencl.source.Source;

/// The kernels of a schedule, and the arrays that they have for themselves. With the system
/// property `nestor.profile` the host waits for every kernel and times it.
///
/// @param session the device
/// @param schedule what is run
/// @param all the launches in order, for each kernel one or several
/// @param frame arrays per slot; those of operands are filled in for each run
/// @param profile the times of the kernels
record Launches(
    Session session, Schedule schedule, List<List<Launch>> all, Frame frame, Profile profile) {
  /// The launches of a schedule.
  static Launches of(Session session, Schedule schedule) {
    int slots = schedule.arrays().size();
    Buffer[] arrays = new Buffer[slots];
    Set<Integer> results =
        schedule.results().stream().map(Schedule.Result::slot).collect(Collectors.toSet());
    for (int slot = schedule.inputs(); slot < slots; slot++) {
      if (!schedule.constants().containsKey(slot)) {
        Schedule.Array array = schedule.arrays().get(slot);
        arrays[slot] =
            session.allocate(
                array.dtype(), array.size(), results.contains(slot) ? "a result" : "a plan");
      }
    }
    for (Map.Entry<Integer, Object> constant : schedule.constants().entrySet()) {
      arrays[constant.getKey()] = session.upload(constant.getValue(), "a plan's constant");
    }
    List<List<Launch>> all = new ArrayList<>();
    for (Kernel kernel : schedule.kernels()) {
      all.add(launches(session, schedule, kernel));
    }
    Frame frame = new Frame(arrays, new int[slots]);
    return new Launches(session, schedule, List.copyOf(all), frame, new Profile(schedule));
  }

  private static List<Launch> launches(Session session, Schedule schedule, Kernel kernel) {
    List<Call> calls =
        switch (kernel) {
          case Kernel.Fused fused -> LoopCalls.of(session, fused);
          case Kernel.Product product ->
              Products.of(session, product, schedule.arrays().get(product.out()).dtype());
          case Kernel.Copy copy -> copy(session, copy, schedule.arrays().get(copy.out()).dtype());
          case Kernel.Single single -> Singles.of(session, single);
          case Kernel.Repeat repeat -> List.of();
          case Kernel.Choose choose -> List.of();
          case Kernel.Attached attached -> List.of();
        };
    List<Launch> launches = new ArrayList<>();
    calls.forEach(call -> launches.add(new KernelLaunch(session, call)));
    if (kernel instanceof Kernel.Repeat repeat) {
      launches.add(new RepeatLaunch(session, repeat));
    } else if (kernel instanceof Kernel.Choose choose) {
      launches.add(new ChooseLaunch(session, choose));
    } else if (kernel instanceof Kernel.Attached attached) {
      launches.add(new AttachedLaunch(session, attached));
    }
    return launches;
  }

  private static List<Call> copy(Session session, Kernel.Copy copy, DType dtype) {
    int[] written = new int[copy.dims().length];
    int count = 1;
    for (int axis = written.length - 1; axis >= 0; axis--) {
      written[axis] = count;
      count *= copy.dims()[axis];
    }
    return count == 0
        ? List.of()
        : List.of(
            Singles.copy(
                session,
                dtype,
                new Call.Slot(copy.in(), copy.offset()),
                copy.strides(),
                new Call.Slot(copy.out(), 0),
                written,
                copy.dims()));
  }

  /// The kernels that all of them run.
  List<Source> sources() {
    return launches().flatMap(launch -> launch.sources().stream()).toList();
  }

  /// How many commands a run enqueues.
  int commands() {
    return launches().mapToInt(Launch::commands).sum();
  }

  private Stream<Launch> launches() {
    return all.stream().flatMap(List::stream);
  }

  /// Enqueues a run on the frame.
  void enqueue() {
    for (int i = 0; i < all.size(); i++) {
      long start = Profile.ON ? System.nanoTime() : 0;
      for (Launch launch : all.get(i)) {
        launch.enqueue(frame);
        session.enqueued(launch.commands());
      }
      if (Profile.ON) {
        session.finish();
        profile.ran(i, start);
      }
    }
    if (Profile.ON) {
      profile.ran();
    }
  }

  /// The kernels, with the shortest time of each where they were timed.
  @Override
  public String toString() {
    return profile.table(i -> "");
  }

  /// Lets go of the operands' arrays.
  void forget() {
    for (int slot = 0; slot < schedule.inputs(); slot++) {
      frame.arrays()[slot] = null;
    }
  }

  /// Lets go of the arrays that an outer frame lent for operands and results.
  void forgetLent() {
    forget();
    for (Schedule.Result result : schedule.results()) {
      frame.arrays()[result.slot()] = null;
    }
  }
}
