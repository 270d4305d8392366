package nestor.opencl;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import nestor.autodiff.Backend;
import nestor.autodiff.Op;
import nestor.autodiff.Operand;
import nestor.autodiff.TensorException;
import nestor.autodiff.TensorType;

/// The backends `cpu` and `opencl` side by side: every operator runs on both, with the same
/// operands, and the first one whose results differ by more than its bound is an error that names
/// it, the element and the caller's line. Results are those of `cpu`.
///
/// Compiled functions run operator by operator, too. Bounds are in the module's README.
public final class LockstepBackend implements Backend {
  private final OpenClBackend opencl;
  private final Supplier<Backend> trusted;

  /// `cpu` beside the first OpenCL device, which is opened when it is first needed.
  public LockstepBackend() {
    this(new OpenClBackend());
  }

  /// `cpu` beside an open backend.
  public LockstepBackend(OpenClBackend opencl) {
    this(opencl, () -> Backend.named("cpu"));
  }

  /// Another backend that stores Java arrays beside an open one.
  LockstepBackend(OpenClBackend opencl, Backend trusted) {
    this(opencl, () -> trusted);
  }

  private LockstepBackend(OpenClBackend opencl, Supplier<Backend> trusted) {
    this.opencl = opencl;
    this.trusted = trusted;
  }

  @Override
  public String name() {
    return "lockstep";
  }

  @Override
  public Optional<String> hardware() {
    return opencl.hardware();
  }

  @Override
  public Object run(Op op, Operand[] operands, TensorType result) {
    Backend cpu = trusted.get();
    Object expected = cpu.run(op, operands, result);
    Operand[] there = new Operand[operands.length];
    for (int i = 0; i < there.length; i++) {
      there[i] = new Operand(operands[i].type(), opencl.upload(operands[i].stored()));
    }
    Object actual = opencl.download(opencl.run(op, there, result));
    Optional<String> violation =
        Bound.of(op, opencl.device()).violation(cpu, op, operands, result, expected, actual);
    if (violation.isPresent()) {
      throw TensorException.at(
          "%s%s: '%s' and 'opencl' differ: %s"
              .formatted(
                  op.label(),
                  Arrays.stream(operands).map(Operand::type).toList(),
                  cpu.name(),
                  violation.get()));
    }
    return expected;
  }
}
