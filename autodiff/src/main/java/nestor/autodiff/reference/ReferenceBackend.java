package nestor.autodiff.reference;

import nestor.autodiff.Backend;
import nestor.autodiff.Cells;
import nestor.autodiff.Op;
import nestor.autodiff.Operand;
import nestor.autodiff.TensorType;

/// Runs every operator's scalar definition: slow, obvious, the oracle of all other backends.
public final class ReferenceBackend implements Backend {
  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Object run(Op op, Operand[] operands, TensorType result) {
    Cells[] in = new Cells[operands.length];
    for (int i = 0; i < in.length; i++) {
      in[i] = new Cells(operands[i].type(), operands[i].stored());
    }
    Object array = Cells.newArray(result);
    op.forward(in, new Cells(result, array));
    return array;
  }
}
