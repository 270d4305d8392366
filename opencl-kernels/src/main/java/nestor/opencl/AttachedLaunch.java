package nestor.opencl;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import nestor.autodiff.Cells;
import nestor.autodiff.Composite;
import nestor.autodiff.DType;
import nestor.autodiff.Shape;
import nestor.autodiff.TensorException;
import nestor.autodiff.TensorType;
import nestor.autodiff.plan.Kernel;
import nestor.autodiff.plan.Schedule;
import nestor.opencl.source.Source;
import nestor.opencl.source.Types;

/// A kernel that a user attached to a pass of a composite function. The first run also runs the
/// definition, on the same operands, and compares.
final class AttachedLaunch implements Launch {
  private final Session session;
  private final Composite.Pass pass;
  private final CustomKernel custom;
  private final Schedule definition;
  private final int[] in;
  private final int[] out;
  private final KernelLaunch launch;
  private boolean checked;

  AttachedLaunch(Session session, Kernel.Attached kernel) {
    this.session = session;
    this.pass = kernel.pass();
    this.custom = session.attached(pass);
    this.definition = kernel.definition();
    this.in = kernel.in();
    this.out = kernel.out();
    CustomKernel.Grid grid = custom.grid().apply(kernel.types());
    List<Call.Argument> arguments = new ArrayList<>();
    for (int slot : in) {
      arguments.add(new Call.Slot(slot, 0));
    }
    for (int slot : out) {
      arguments.add(new Call.Slot(slot, 0));
    }
    long[] global = grid.items().stream().mapToLong(Integer::longValue).toArray();
    long[] local = grid.group().stream().mapToLong(Integer::longValue).toArray();
    this.launch = new KernelLaunch(session, new Call(source(grid), arguments, global, local));
  }

  /// The user's code, and a kernel around it that knows where in an array elements begin.
  private Source source(CustomKernel.Grid grid) {
    StringBuilder code = new StringBuilder();
    new TreeMap<>(grid.sizes())
        .forEach((macro, value) -> code.append("#define %s %d\n".formatted(macro, value)));
    code.append("#define %s KERNEL_own\n".formatted(custom.name()));
    code.append(custom.code()).append('\n');
    List<String> parameters = new ArrayList<>();
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < in.length + out.length; i++) {
      boolean isResult = i >= in.length;
      Schedule.Array array =
          definition.arrays().get(isResult ? definition.results().get(i - in.length).slot() : i);
      parameters.add(
          "__global %s%s *p%d, int o%d"
              .formatted(isResult ? "" : "const ", Types.of(array.dtype()), i, i));
      arguments.add("p%d + o%d".formatted(i, i));
    }
    code.append(
        "__kernel void KERNEL(%s) { KERNEL_own(%s); }\n"
            .formatted(String.join(", ", parameters), String.join(", ", arguments)));
    code.append("#undef %s\n".formatted(custom.name()));
    grid.sizes().keySet().forEach(macro -> code.append("#undef %s\n".formatted(macro)));
    return Source.named(custom.name(), code.toString());
  }

  @Override
  public List<Source> sources() {
    return launch.sources();
  }

  @Override
  public int commands() {
    return 1;
  }

  @Override
  public void enqueue(Frame frame) {
    launch.enqueue(frame);
    if (!checked) {
      check(frame);
      checked = true;
    }
  }

  private void check(Frame frame) {
    Launches naive = Launches.of(session, definition);
    for (int i = 0; i < in.length; i++) {
      naive.frame().arrays()[i] = frame.arrays()[in[i]];
      naive.frame().offsets()[i] = frame.offsets()[in[i]];
    }
    naive.enqueue();
    for (int i = 0; i < out.length; i++) {
      int slot = definition.results().get(i).slot();
      Schedule.Array array = definition.arrays().get(slot);
      TensorType type = new TensorType(array.dtype(), Shape.of(array.size()));
      Cells expected = new Cells(type, session.download(naive.frame().arrays()[slot]));
      Buffer whole = frame.arrays()[out[i]];
      Object all = session.download(whole);
      Cells actual = new Cells(new TensorType(type.dtype(), Shape.of(whole.size())), all);
      compare(i, expected, actual, frame.offsets()[out[i]]);
    }
  }

  private void compare(int result, Cells expected, Cells actual, int offset) {
    double largest = 1;
    for (int i = 0; i < expected.size(); i++) {
      largest = Math.max(largest, Math.abs(number(expected, i)));
    }
    for (int i = 0; i < expected.size(); i++) {
      double wanted = number(expected, i);
      double got = number(actual, offset + i);
      boolean equal = Double.compare(wanted, got) == 0 || wanted == got;
      if (!equal && !(Math.abs(wanted - got) <= custom.tolerance() * largest)) {
        throw new TensorException(
            "the kernel '%s' attached to '%s' is not its definition: element %d of result %d is %s instead of %s (tolerance %s)"
                .formatted(custom.name(), pass.name(), i, result, got, wanted, custom.tolerance()));
      }
    }
  }

  private static double number(Cells cells, int i) {
    if (cells.dtype() == DType.BOOL) {
      return cells.bool(i) ? 1 : 0;
    }
    return cells.dtype().isFloat() ? cells.real(i) : cells.integer(i);
  }
}
