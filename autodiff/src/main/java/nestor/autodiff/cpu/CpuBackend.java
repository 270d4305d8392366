package nestor.autodiff.cpu;

import nestor.autodiff.ArgReduce;
import nestor.autodiff.ArgSort;
import nestor.autodiff.Backend;
import nestor.autodiff.Binary;
import nestor.autodiff.Broadcast;
import nestor.autodiff.Cast;
import nestor.autodiff.Cells;
import nestor.autodiff.Compare;
import nestor.autodiff.Concat;
import nestor.autodiff.CumulativeSum;
import nestor.autodiff.Flip;
import nestor.autodiff.Fold;
import nestor.autodiff.Gather;
import nestor.autodiff.IntegerDivision;
import nestor.autodiff.Logical;
import nestor.autodiff.MatMul;
import nestor.autodiff.Op;
import nestor.autodiff.Operand;
import nestor.autodiff.Pad;
import nestor.autodiff.Permute;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Plan;
import nestor.autodiff.Program;
import nestor.autodiff.Random;
import nestor.autodiff.Reduce;
import nestor.autodiff.Reshape;
import nestor.autodiff.ScatterAdd;
import nestor.autodiff.Slice;
import nestor.autodiff.SolveLowerUnit;
import nestor.autodiff.StopGradient;
import nestor.autodiff.TensorException;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unary;
import nestor.autodiff.Unfold;
import nestor.autodiff.Where;
import nestor.autodiff.cpu.functions.BinaryKernels;
import nestor.autodiff.cpu.functions.UnaryKernels;
import nestor.autodiff.cpu.loop.LoopCompiler;
import nestor.autodiff.plan.Loops;
import nestor.autodiff.plan.Schedule;
import nestor.autodiff.plan.loop.MachineLoops;

/// The default backend: plain loops that the JIT vectorises, and the Vector API where it does not.
///
/// Results are the same to the bit for any number of threads, any vector width, with or without the
/// Vector API's module, and before and after the JIT has compiled a kernel.
public final class CpuBackend implements Backend {
  private final Workers workers;
  private final LoopCompiler compiler = new LoopCompiler();
  private final Loops loops = new MachineLoops(LoopCompiler.LARGEST);

  /// The backend on as many threads as there are processors; the system property `nestor.threads`
  /// sets another number for the process.
  public CpuBackend() {
    this(threads(System.getProperty("nestor.threads", "")));
  }

  /// The backend on a number of threads, at least 1.
  public CpuBackend(int threads) {
    workers = Workers.of(threads);
  }

  private static int threads(String property) {
    if (property.isEmpty()) {
      return Runtime.getRuntime().availableProcessors();
    }
    if (!property.matches("[1-9][0-9]{0,3}")) {
      throw new TensorException(
          "the system property nestor.threads must be a number from 1 up, but is '%s'"
              .formatted(property));
    }
    return Integer.parseInt(property);
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public Object run(Op op, Operand[] in, TensorType result) {
    return switch (op) {
      case Unary unary -> PointwiseKernels.unary(workers, unary, in[0], result);
      case PiecewiseConstant step -> PointwiseKernels.step(workers, step, in[0], result);
      case Binary binary when result.dtype().isFloat() ->
          PointwiseKernels.binary(workers, binary, in, result);
      case Compare compare -> Selection.compare(compare, in, result);
      case Where where -> Selection.where(in, result);
      case Cast cast -> Selection.cast(cast, in[0], result);
      case Reduce reduce -> ReductionKernels.reduce(workers, reduce, in[0], result);
      case CumulativeSum sum -> ReductionKernels.cumulativeSum(workers, sum, in[0], result);
      case ArgReduce arg -> ReductionKernels.argReduce(workers, arg, in[0], result);
      case MatMul matMul -> LinearKernels.matMul(workers, matMul, in, result);
      case SolveLowerUnit solve -> LinearKernels.solve(workers, solve, in, result);
      case Reshape reshape -> in[0].stored();
      case StopGradient stop -> in[0].stored();
      case Broadcast broadcast -> MoveKernels.broadcast(in[0], result);
      case Permute permute -> MoveKernels.permute(permute, in[0], result);
      case Slice slice -> MoveKernels.slice(slice, in[0], result);
      case Flip flip -> MoveKernels.flip(flip, in[0], result);
      case Unfold unfold -> WindowKernels.unfold(unfold, in[0], result);
      case Fold fold -> WindowKernels.fold(fold, in[0], result);
      default -> {
        Object out = Cells.newArray(result);
        fill(op, in, result, out);
        yield out;
      }
    };
  }

  /// Runs an operator that is no definition into an array of the result's size, which nothing else
  /// uses meanwhile.
  void runInto(Op op, Operand[] in, TensorType result, Object out) {
    int size = result.shape().size();
    switch (op) {
      case Unary unary -> UnaryKernels.run(unary, in[0].stored(), out, 0, size);
      case PiecewiseConstant step -> UnaryKernels.run(step, in[0].stored(), out, 0, size);
      case Binary binary
          when result.dtype().isFloat() && isFlat(in[0], size) && isFlat(in[1], size) ->
          BinaryKernels.run(binary, in[0].stored(), in[1].stored(), out, 0, size);
      case Cast cast -> Selection.cast(cast, in[0], result, out);
      case Pad pad -> {
        Cells.fill(out, 0);
        fill(op, in, result, out);
      }
      case Concat _, Gather _, ScatterAdd _ -> fill(op, in, result, out);
      default -> System.arraycopy(run(op, in, result), 0, out, 0, size);
    }
  }

  /// Whether a kernel on equal positions can read an operand.
  private static boolean isFlat(Operand operand, int size) {
    return operand.shape().size() == size;
  }

  /// Fills an array that is zero where the operator is [Pad].
  private static void fill(Op op, Operand[] in, TensorType result, Object out) {
    switch (op) {
      case Pad pad -> MoveKernels.pad(pad, in[0], result, out);
      case Concat concat -> MoveKernels.concat(concat, in, result, out);
      case Gather gather -> IndexKernels.gather(gather, in, result, out);
      case ScatterAdd scatter -> IndexKernels.scatterAdd(scatter, in, result, out);
      default -> scalarDefinition(op, in, result, out);
    }
  }

  @Override
  public Plan compile(Program program) {
    return plan(Schedule.of(program, loops));
  }

  /// The plan that runs a schedule.
  CpuPlan plan(Schedule schedule) {
    Launch[] launches =
        schedule.kernels().stream()
            .map(kernel -> Launch.of(kernel, this, workers, compiler))
            .toArray(Launch[]::new);
    return new CpuPlan(schedule, launches);
  }

  /// Whether an operator runs its definition.
  static boolean isDefinition(Op op) {
    return op instanceof Logical
        || op instanceof IntegerDivision
        || op instanceof ArgSort
        || op instanceof Random;
  }

  /// Operators on integers and truth values run their definition: nothing spends its time there.
  private static void scalarDefinition(Op op, Operand[] in, TensorType result, Object out) {
    Cells[] cells = new Cells[in.length];
    for (int i = 0; i < in.length; i++) {
      cells[i] = new Cells(in[i].type(), in[i].stored());
    }
    op.forward(cells, new Cells(result, out));
  }
}
