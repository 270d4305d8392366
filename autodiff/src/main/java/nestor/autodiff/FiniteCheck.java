package nestor.autodiff;

import java.util.Optional;
import java.util.stream.Stream;

/// A backend that looks at every result of another one for NaN and infinities.
///
/// @param backend what runs the operators
record FiniteCheck(Backend backend) implements Backend {
  @Override
  public String name() {
    return backend.name() + " (checking finite)";
  }

  @Override
  public Backend checkingFinite() {
    return this;
  }

  @Override
  public Optional<String> hardware() {
    return backend.hardware();
  }

  @Override
  public Object upload(Object array) {
    return backend.upload(array);
  }

  @Override
  public Object download(Object stored) {
    return backend.download(stored);
  }

  @Override
  public boolean storesArrays() {
    return backend.storesArrays();
  }

  @Override
  public void finish() {
    backend.finish();
  }

  @Override
  public Object copy(Object stored) {
    return backend.copy(stored);
  }

  @Override
  public Object run(Op op, Operand[] operands, TensorType result) {
    Object stored = backend.run(op, operands, result);
    if (result.dtype().isFloat()) {
      int at = firstNotFinite(result, stored);
      if (at >= 0 && finiteOperands(operands)) {
        double culprit = new Cells(result, backend.download(stored)).real(at);
        TensorType[] types = Stream.of(operands).map(Operand::type).toArray(TensorType[]::new);
        throw TensorException.of(
            op.label(), "the result's element %d is %s".formatted(at, culprit), types);
      }
    }
    return stored;
  }

  private boolean finiteOperands(Operand[] operands) {
    for (Operand operand : operands) {
      if (operand.dtype().isFloat() && firstNotFinite(operand.type(), operand.stored()) >= 0) {
        return false;
      }
    }
    return true;
  }

  private int firstNotFinite(TensorType type, Object stored) {
    Cells cells = new Cells(type, backend.download(stored));
    for (int i = 0; i < cells.size(); i++) {
      if (!Double.isFinite(cells.real(i))) {
        return i;
      }
    }
    return -1;
  }
}
