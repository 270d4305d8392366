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
    System.arraycopy(run(program, operands), 0, results, 0, results.length);
  }

  private Object[] run(Program part, Object[] operands) {
    @Nullable Object[] known = new @Nullable Object[part.types().size()];
    System.arraycopy(operands, 0, known, 0, operands.length);
    for (Program.Constant constant : part.constants()) {
      known[constant.id()] = backend.upload(constant.array());
    }
    int[] last = lastUses(part);
    for (int i = 0; i < part.steps().size(); i++) {
      Program.Step step = part.steps().get(i);
      Object[] in = pick(known, step.in());
      switch (step) {
        case Program.Apply apply -> known[apply.out()] = apply(part, apply, in);
        case Program.Repeat repeat -> scatter(repeat(repeat, in), known, repeat.results());
        case Program.Attached attached ->
            scatter(run(attached.definition(), in), known, attached.results());
        case Program.Choose choose -> {
          boolean holds = ((boolean[]) backend.download(in[0]))[0];
          Object[] given = Arrays.copyOfRange(in, 1, in.length);
          Object[] out = run(holds ? choose.whenTrue() : choose.whenFalse(), given);
          scatter(out, known, choose.results());
        }
      }
      for (int id : step.in()) {
        if (last[id] == i) {
          known[id] = null;
        }
      }
    }
    return pick(known, part.outputs());
  }

  private static void scatter(Object[] results, @Nullable Object[] known, int[] ids) {
    for (int i = 0; i < ids.length; i++) {
      known[ids[i]] = results[i];
    }
  }

  private Object apply(Program part, Program.Apply step, Object[] in) {
    Operand[] operands = new Operand[in.length];
    for (int i = 0; i < in.length; i++) {
      operands[i] = new Operand(part.types().get(step.in()[i]), in[i]);
    }
    return backend.run(step.op(), operands, part.types().get(step.out()));
  }

  private Object[] repeat(Program.Repeat step, Object[] in) {
    List<TensorType> types = step.body().types();
    Object[] operands = in.clone();
    int outputs = step.results().length - step.carries();
    Object[][] all = new Object[outputs][step.length()];
    for (int i = 0; i < step.length(); i++) {
      int t = step.order() == Program.Repeat.Order.FORWARD ? i : step.length() - 1 - i;
      for (int j = step.carries(); j < step.carries() + step.inputs(); j++) {
        operands[j] = slice(types.get(j), in[j], t);
      }
      Object[] out = run(step.body(), operands);
      System.arraycopy(out, 0, operands, 0, step.carries());
      for (int j = 0; j < outputs; j++) {
        all[j][t] = out[step.carries() + j];
      }
    }
    Object[] results = Arrays.copyOf(operands, step.results().length);
    for (int j = 0; j < outputs; j++) {
      results[step.carries() + j] =
          stack(types.get(step.body().outputs()[step.carries() + j]), all[j]);
    }
    return results;
  }

  private Object slice(TensorType type, Object stacked, int t) {
    Object whole = backend.download(stacked);
    Object part = Cells.newArray(type);
    System.arraycopy(whole, t * type.shape().size(), part, 0, type.shape().size());
    return backend.upload(part);
  }

  private Object stack(TensorType type, Object[] parts) {
    TensorType whole = new TensorType(type.dtype(), type.shape().prepend(parts.length));
    Object array = Cells.newArray(whole);
    int size = type.shape().size();
    for (int t = 0; t < parts.length; t++) {
      System.arraycopy(backend.download(parts[t]), 0, array, t * size, size);
    }
    return backend.upload(array);
  }

  private static Object[] pick(@Nullable Object[] known, int[] ids) {
    Object[] result = new Object[ids.length];
    for (int i = 0; i < ids.length; i++) {
      result[i] = known[ids[i]];
    }
    return result;
  }

  private static int[] lastUses(Program part) {
    int[] last = new int[part.types().size()];
    for (int i = 0; i < part.steps().size(); i++) {
      for (int id : part.steps().get(i).in()) {
        last[id] = i;
      }
    }
    for (int id : part.outputs()) {
      last[id] = Integer.MAX_VALUE;
    }
    return last;
  }

  @Override
  public long peakBytes() {
    return program.types().stream().mapToLong(TensorType::bytes).sum();
  }

  @Override
  public long launches() {
    return sum(program, (op, in, result) -> 1);
  }

  @Override
  public long flops() {
    return sum(program, Op::flops);
  }

  @Override
  public long bytes() {
    return sum(
        program,
        (op, in, result) -> result.bytes() + Arrays.stream(in).mapToLong(TensorType::bytes).sum());
  }

  /// Some cost of an operator.
  @FunctionalInterface
  private interface Cost {
    long of(Op op, TensorType[] in, TensorType result);
  }

  private static long sum(Program part, Cost cost) {
    long sum = 0;
    for (Program.Step step : part.steps()) {
      sum +=
          switch (step) {
            case Program.Apply apply ->
                cost.of(apply.op(), types(part, apply.in()), part.types().get(apply.out()));
            case Program.Repeat repeat -> repeat.length() * sum(repeat.body(), cost);
            case Program.Attached attached -> sum(attached.definition(), cost);
            case Program.Choose choose ->
                Math.max(sum(choose.whenTrue(), cost), sum(choose.whenFalse(), cost));
          };
    }
    return sum;
  }

  @Override
  public String toString() {
    List<String> lines = new ArrayList<>();
    for (Program.Step step : program.steps()) {
      String what =
          switch (step) {
            case Program.Apply apply -> apply.op().label();
            case Program.Repeat repeat ->
                "scan of %d steps of %d operators"
                    .formatted(repeat.length(), repeat.body().steps().size());
            case Program.Attached attached -> attached.pass().name();
            case Program.Choose choose ->
                "cond of %d and %d operators"
                    .formatted(choose.whenTrue().steps().size(), choose.whenFalse().steps().size());
          };
      lines.add(
          "%s %s -> %s"
              .formatted(
                  what,
                  Arrays.toString(types(program, step.in())),
                  Arrays.toString(types(program, step.results()))));
    }
    return String.join("\n", lines);
  }

  private static TensorType[] types(Program part, int[] ids) {
    return Arrays.stream(ids).mapToObj(part.types()::get).toArray(TensorType[]::new);
  }
}
