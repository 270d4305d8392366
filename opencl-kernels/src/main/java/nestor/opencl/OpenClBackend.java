package nestor.opencl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import nestor.autodiff.Backend;
import nestor.autodiff.Composite;
import nestor.autodiff.DType;
import nestor.autodiff.Finding;
import nestor.autodiff.Op;
import nestor.autodiff.Operand;
import nestor.autodiff.Plan;
import nestor.autodiff.Program;
import nestor.autodiff.Reshape;
import nestor.autodiff.StopGradient;
import nestor.autodiff.TensorException;
import nestor.autodiff.TensorType;
import nestor.autodiff.plan.Loops;
import nestor.autodiff.plan.Schedule;
import nestor.autodiff.plan.loop.MachineLoops;
import nestor.opencl.driver.Driver;
import nestor.opencl.driver.Jocl;
import org.jspecify.annotations.Nullable;

/// The backend on a device that OpenCL reaches: graphics cards, processors, accelerators.
///
/// ```java
/// try (OpenClBackend gpu = OpenClBackend.open()) {
///   Tensor x = Tensor.of(1, 2, 3).on(gpu);
///   …
/// }
/// ```
///
/// Named on the command line (`--backend opencl`) it opens the first device when it is first used,
/// or the one whose name contains the system property `nestor.opencl.device`. Operators run as
/// plans of one step each, so that nothing computes in two ways. The same device gives the same
/// bits each time.
///
/// Arrays go back to the device when the tensors are garbage, or when the backend is closed. With
/// the system property `nestor.opencl.leaks` set to `true`, closing warns of tensors that are still
/// held, with the lines that made them. A device that is lost closes the backend.
public final class OpenClBackend implements Backend, AutoCloseable {
  private static final String DEVICE = "nestor.opencl.device";

  private final Supplier<Session> opening;
  private volatile @Nullable Session session;
  private final Recent<Step, Plan> steps = new Recent<>();
  private final Recent<Called, Plan> passes = new Recent<>();

  /// An operator and the types of its operands.
  private record Step(Op op, List<TensorType> types) {}

  /// A pass of a composite function and the types of its operands.
  private record Called(Composite.Pass pass, List<TensorType> types) {}

  /// The most that a generated kernel holds: larger ones would run out of registers.
  private static final int LARGEST = 96;

  private final Loops loops = new MachineLoops(LARGEST);

  /// The backend on the first device, which is opened when it is first needed.
  public OpenClBackend() {
    this(() -> session(new Jocl(), System.getProperty(DEVICE, ""), BinaryCache.standard()));
  }

  OpenClBackend(Supplier<Session> opening) {
    this.opening = opening;
  }

  private static Session session(Driver driver, String name, BinaryCache cache) {
    return Session.open(driver, Installation.of(driver).choose(name), cache);
  }

  /// The backend on the first device.
  ///
  /// @throws TensorException if there is none, with the command that installs one
  public static OpenClBackend open() {
    return open("");
  }

  /// The backend on the first device of which the name or the platform contains a text.
  ///
  /// @throws TensorException if there is none, with the names of those there are
  public static OpenClBackend open(String name) {
    return open(new Jocl(), name, BinaryCache.standard());
  }

  /// The backend on a device of which the name or the platform contains a text.
  static OpenClBackend open(Driver driver, String name, BinaryCache cache) {
    Session session = session(driver, name, cache);
    return new OpenClBackend(() -> session);
  }

  /// The devices that are installed, graphics processors first.
  public static List<Device> devices() {
    return Installation.of(new Jocl()).found().stream().map(Installation.Found::device).toList();
  }

  /// The open device.
  Session session() {
    Session open = session;
    return open == null ? openedNow() : open;
  }

  private synchronized Session openedNow() {
    Session open = session;
    if (open == null) {
      open = opening.get();
      session = open;
    }
    return open;
  }

  @Override
  public String name() {
    return "opencl";
  }

  /// The device that this runs on.
  public Device device() {
    return session().device();
  }

  @Override
  public Optional<String> hardware() {
    return Optional.of(device().toString());
  }

  @Override
  public void examine(Consumer<Finding> findings) {
    Driver driver = new Jocl();
    BinaryCache cache = BinaryCache.standard();
    new Examination(findings, found -> new OpenClBackend(() -> Session.open(driver, found, cache)))
        .of(Installation.of(driver));
  }

  /// The handles of the driver that are open.
  public Census census() {
    Session open = session();
    synchronized (open) {
      open.ledger().reclaim();
      return open.ledger().census();
    }
  }

  @Override
  public Object upload(Object array) {
    Session open = session();
    requireType(HostArray.dtype(array));
    return open.use(() -> open.upload(array, "a tensor"));
  }

  private void requireType(DType dtype) {
    if (dtype == DType.FLOAT64 && !device().float64()) {
      throw new TensorException(
          "the OpenCL device '%s' has no float64; cast to float32, or run on the backend cpu"
              .formatted(device().name()));
    }
  }

  @Override
  public Object download(Object stored) {
    Session open = session();
    return open.use(() -> open.download((Buffer) stored));
  }

  @Override
  public boolean storesArrays() {
    return false;
  }

  @Override
  public Object copy(Object stored) {
    Session open = session();
    return open.use(() -> open.copy((Buffer) stored));
  }

  @Override
  public void finish() {
    Session open = session();
    open.use(() -> {
      open.finish();
      return open;
    });
  }

  @Override
  public long room() {
    Session open = session();
    synchronized (open) {
      return open.memory().room();
    }
  }

  @Override
  public Object run(Op op, Operand[] operands, TensorType result) {
    if (op instanceof Reshape || op instanceof StopGradient) {
      return operands[0].stored();
    }
    requireType(result.dtype());
    List<TensorType> types = Arrays.stream(operands).map(Operand::type).toList();
    Plan plan = steps.get(new Step(op, types), () -> compile(new Step(op, types), result));
    Object[] out = new Object[1];
    plan.run(Arrays.stream(operands).map(Operand::stored).toArray(), out);
    return out[0];
  }

  private Plan compile(Step step, TensorType result) {
    int operands = step.types.size();
    List<TensorType> types = new ArrayList<>(step.types);
    types.add(result);
    int[] in = IntStream.range(0, operands).toArray();
    return compile(
        new Program(
            List.copyOf(types),
            operands,
            new boolean[operands],
            List.of(),
            List.of(new Program.Apply(step.op, in, operands, 0)),
            new int[] {operands}));
  }

  /// Has a kernel of one's own run for a pass of a composite function on this backend: that of its
  /// value, [Composite#forward], or of its vector-Jacobian product, [Composite#backward]. Compiled
  /// functions made before do not take part.
  ///
  /// @return this backend
  public OpenClBackend attach(Composite.Pass pass, CustomKernel kernel) {
    session().attach(pass, kernel);
    return this;
  }

  @Override
  public boolean hasKernel(Composite.Pass pass) {
    return session().hasAttached(pass);
  }

  @Override
  public void runKernel(
      Composite.Pass pass, Program definition, Object[] operands, Object[] results) {
    List<TensorType> types = definition.types().subList(0, definition.inputs());
    Plan plan = passes.get(new Called(pass, types), () -> compile(alone(pass, definition)));
    plan.run(operands, results);
  }

  /// A program of nothing but a pass.
  private static Program alone(Composite.Pass pass, Program definition) {
    int inputs = definition.inputs();
    int[] in = IntStream.range(0, inputs).toArray();
    int[] out = IntStream.range(inputs, inputs + definition.outputs().length).toArray();
    List<TensorType> types = new ArrayList<>(definition.types().subList(0, inputs));
    for (int output : definition.outputs()) {
      types.add(definition.types().get(output));
    }
    return new Program(
        List.copyOf(types),
        inputs,
        new boolean[inputs],
        List.of(),
        List.of(new Program.Attached(pass, definition, in, out, 0)),
        out);
  }

  @Override
  public Plan compile(Program program) {
    program.types().forEach(type -> requireType(type.dtype()));
    return new OpenClPlan(session(), Schedule.of(program, loops));
  }

  /// Waits for what is enqueued and gives everything back to the device. Tensors that are still on
  /// it cannot be used any more.
  @Override
  public void close() {
    steps.clear();
    passes.clear();
    Session open = session;
    if (open != null) {
      open.close();
    }
  }
}
