package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A plan that runs a program's operators one by one: for backends without a compiler, and the
/// oracle of those with one.
///
/// @param backend what runs the operators
/// @param program what is run
record OneByOne(Backend backend, Program program) implements Plan {
  @Override
  public void run(Object[] operands, Object[] results) {
    @Nullable Object[] known = new @Nullable Object[program.types().size()];
    System.arraycopy(operands, 0, known, 0, operands.length);
    for (Program.Constant constant : program.constants()) {
      known[constant.id()] = backend.upload(constant.array());
    }
    int[] last = lastUses();
    for (int i = 0; i < program.steps().size(); i++) {
      switch (program.steps().get(i)) {
        case Program.Apply(Op op, int[] in, int out, int region) -> {
          Operand[] taken = new Operand[in.length];
          for (int j = 0; j < in.length; j++) {
            taken[j] = new Operand(program.types().get(in[j]), known[in[j]]);
          }
          known[out] = backend.run(op, taken, program.types().get(out));
          for (int id : in) {
            if (last[id] == i) {
              known[id] = null;
            }
          }
        }
      }
    }
    for (int i = 0; i < results.length; i++) {
      results[i] = known[program.outputs()[i]];
    }
  }

  private int[] lastUses() {
    int[] last = new int[program.types().size()];
    for (int i = 0; i < program.steps().size(); i++) {
      for (int id : program.steps().get(i).in()) {
        last[id] = i;
      }
    }
    for (int id : program.outputs()) {
      last[id] = Integer.MAX_VALUE;
    }
    return last;
  }

  @Override
  public long peakBytes() {
    return program.types().stream().mapToLong(Program::bytes).sum();
  }

  @Override
  public String toString() {
    List<String> lines = new ArrayList<>();
    for (Program.Step step : program.steps()) {
      if (step instanceof Program.Apply(Op op, int[] in, int out, int region)) {
        lines.add(
            "%s %s -> %s"
                .formatted(
                    op.label(),
                    Arrays.stream(in).mapToObj(program.types()::get).toList(),
                    program.types().get(out)));
      }
    }
    return String.join("\n", lines);
  }
}
