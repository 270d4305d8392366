package nestor.autodiff.cpu.loop;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import nestor.autodiff.Binary;
import nestor.autodiff.Cast;
import nestor.autodiff.Cells;
import nestor.autodiff.Compare;
import nestor.autodiff.DType;
import nestor.autodiff.Logical;
import nestor.autodiff.Op;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Reduce;
import nestor.autodiff.StopGradient;
import nestor.autodiff.Unary;
import nestor.autodiff.Where;
import nestor.autodiff.cpu.functions.BinaryKernels;
import nestor.autodiff.cpu.functions.SelectionKernels;
import nestor.autodiff.cpu.functions.UnaryKernels;
import nestor.autodiff.cpu.loop.BlockKernel.Step;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.Loop.Extent;

/// Turns the instructions of a loop into steps on registers. A register is free again after the
/// last instruction that reads it.
final class BlockBuilder {
  private final Loop loop;
  private final boolean[] wide; // whether a value exists per element
  private final boolean[] truth;
  private final int[] lastUse;
  private final int[] home; // the register of a value
  private final int[] spread; // that of a per-row value repeated along rows
  private final Registers numbers = new Registers();
  private final Registers truths = new Registers();
  private final List<Step> steps = new ArrayList<>();

  private static final class Registers {
    private final Deque<Integer> free = new ArrayDeque<>();
    private int count;

    int take() {
      return free.isEmpty() ? count++ : free.pop();
    }
  }

  /// Gives an operand of a step.
  @FunctionalInterface
  private interface Source {
    Object in(Block block);
  }

  BlockBuilder(Loop loop) {
    this.loop = loop;
    int size = loop.instructions().size();
    wide = new boolean[size];
    truth = new boolean[size];
    lastUse = new int[size];
    home = new int[size];
    spread = new int[size];
    Arrays.fill(home, -1);
    Arrays.fill(spread, -1);
    List<Extent> extents = loop.extents();
    for (int i = 0; i < size; i++) {
      int at = i;
      wide[i] = extents.get(i) == Extent.ELEMENT;
      truth[i] = isTruth(loop.instructions().get(i));
      arguments(loop.instructions().get(i)).forEach(argument -> lastUse[argument] = at);
    }
    loop.results().forEach(result -> lastUse[result.value()] = size);
  }

  private boolean isTruth(Loop.Instruction instruction) {
    return switch (instruction) {
      case Loop.Load(int operand) -> loop.operands().get(operand).dtype() == DType.BOOL;
      case Loop.Apply(Op op, List<Integer> in) ->
          switch (op) {
            case Compare compare -> true;
            case Logical logical -> true;
            case Cast(DType to) -> to == DType.BOOL;
            default -> truth[in.getLast()];
          };
      default -> false;
    };
  }

  private static List<Integer> arguments(Loop.Instruction instruction) {
    return switch (instruction) {
      case Loop.Load load -> List.of();
      case Loop.Constant constant -> List.of();
      case Loop.Apply(Op op, List<Integer> in) -> in;
      case Loop.Product(int left, int right) -> List.of(left, right);
      case Loop.Fold(Reduce.Kind kind, int argument) -> List.of(argument);
      case Loop.Dot(int left, int right) -> List.of(left, right);
    };
  }

  BlockKernel kernel() {
    for (int i = 0; i < loop.instructions().size(); i++) {
      add(i, loop.instructions().get(i));
    }
    List<RowsFold> folds = new ArrayList<>();
    List<Step> stores = new ArrayList<>();
    for (int i = 0; i < loop.results().size(); i++) {
      int place = loop.operands().size() + i;
      switch (loop.results().get(i)) {
        case Loop.ColumnFold(Reduce.Kind kind, int value) ->
            folds.add(new RowsFold.Columns(kind, register(value, true), place));
        case Loop.AreaFold(Reduce.Kind kind, int value) ->
            folds.add(new RowsFold.Area(kind, register(value, true), place));
        case Loop.Store(int value, Extent extent) -> {
          Source from = source(value, extent == Extent.ELEMENT);
          stores.add(
              extent == Extent.ELEMENT
                  ? block -> block.write(place, from.in(block))
                  : block -> block.writeRows(place, from.in(block)));
        }
      }
    }
    Block.Size size = new Block.Size(loop.dtype(), numbers.count, truths.count, folds.size());
    return new BlockKernel(steps, stores, folds, size, loop.foldsRows());
  }

  private Registers pool(int value) {
    return truth[value] ? truths : numbers;
  }

  private Object array(Block block, int value, int register) {
    return truth[value] ? block.truth(register) : block.number(register);
  }

  private boolean isConstant(int value) {
    return loop.instructions().get(value) instanceof Loop.Constant;
  }

  /// The register that holds a value per element or per row.
  private int register(int value, boolean perElement) {
    if (isConstant(value) && home[value] < 0) {
      int register = pool(value).take();
      double number = ((Loop.Constant) loop.instructions().get(value)).value();
      steps.add(block -> block.fill(register, number));
      home[value] = register;
    }
    if (!perElement || wide[value] || isConstant(value)) {
      return home[value];
    }
    if (spread[value] < 0) {
      int from = home[value];
      int to = pool(value).take();
      steps.add(block -> block.spread(array(block, value, from), array(block, value, to)));
      spread[value] = to;
    }
    return spread[value];
  }

  private Source source(int value, boolean perElement) {
    int register = register(value, perElement);
    return truth[value] ? block -> block.truth(register) : block -> block.number(register);
  }

  /// An operand of an operator that takes a number in an array's place.
  private Source numberOrSource(int value, boolean perElement) {
    if (home[value] < 0 && loop.instructions().get(value) instanceof Loop.Constant(double number)) {
      Object one = loop.dtype().newArray(1);
      Cells.fill(one, number);
      return block -> one;
    }
    return source(value, perElement);
  }

  private void free(int at, List<Integer> arguments) {
    for (int value : new TreeSet<>(arguments)) {
      if (lastUse[value] == at) {
        for (int register : new int[] {home[value], spread[value]}) {
          if (register >= 0) {
            pool(value).free.push(register);
          }
        }
      }
    }
  }

  private void add(int at, Loop.Instruction instruction) {
    switch (instruction) {
      case Loop.Load(int operand) -> {
        home[at] = pool(at).take();
        int to = home[at];
        steps.add(
            wide[at]
                ? block -> block.read(operand, array(block, at, to))
                : block -> block.readRows(operand, array(block, at, to)));
      }
      case Loop.Constant constant -> {} // filled in where a step needs an array of it
      case Loop.Apply(Op op, List<Integer> in) -> apply(at, op, in);
      case Loop.Product(int left, int right) -> {
        Source a = source(left, wide[at]);
        Source b = source(right, wide[at]);
        int to = result(at, List.of(left, right));
        boolean perElement = wide[at];
        steps.add(
            block -> product(a.in(block), b.in(block), block.number(to), block.size(perElement)));
      }
      case Loop.Fold(Reduce.Kind kind, int argument) -> {
        Source x = source(argument, true);
        int to = result(at, List.of(argument));
        steps.add(
            kind == Reduce.Kind.SUM
                ? block -> BlockReductions.sum(block, x.in(block), block.number(to))
                : block -> BlockReductions.max(block, x.in(block), block.number(to)));
      }
      case Loop.Dot(int left, int right) -> {
        Source a = source(left, true);
        Source b = source(right, true);
        int to = result(at, List.of(left, right));
        steps.add(block -> BlockReductions.dot(block, a.in(block), b.in(block), block.number(to)));
      }
    }
  }

  /// A register for a result, perhaps that of an argument which nothing reads any more.
  private int result(int at, List<Integer> arguments) {
    free(at, arguments);
    home[at] = pool(at).take();
    return home[at];
  }

  private void apply(int at, Op op, List<Integer> in) {
    boolean perElement = wide[at];
    int first = in.getFirst();
    int last = in.getLast();
    if (op instanceof Binary binary) {
      Source a = numberOrSource(first, perElement);
      Source b = isConstant(first) ? source(last, perElement) : numberOrSource(last, perElement);
      int to = result(at, in);
      steps.add(block ->
          BinaryKernels.run(
              binary, a.in(block), b.in(block), block.number(to), 0, block.size(perElement)));
      return;
    }
    Source a = source(first, perElement);
    Source middle = in.size() == 3 ? source(in.get(1), perElement) : a;
    Source b = source(last, perElement);
    int to = result(at, in);
    Source out = truth[at] ? block -> block.truth(to) : block -> block.number(to);
    steps.add(
        switch (op) {
          case Unary unary ->
              block ->
                  UnaryKernels.run(unary, a.in(block), out.in(block), 0, block.size(perElement));
          case PiecewiseConstant step ->
              block ->
                  UnaryKernels.run(step, a.in(block), out.in(block), 0, block.size(perElement));
          case Compare compare ->
              block ->
                  SelectionKernels.run(
                      compare,
                      a.in(block),
                      b.in(block),
                      block.truth(to),
                      0,
                      block.size(perElement));
          case Logical logical ->
              block ->
                  SelectionKernels.run(
                      logical,
                      (boolean[]) a.in(block),
                      (boolean[]) b.in(block),
                      block.truth(to),
                      0,
                      block.size(perElement));
          case Where where ->
              block ->
                  SelectionKernels.where(
                      (boolean[]) a.in(block),
                      middle.in(block),
                      b.in(block),
                      out.in(block),
                      0,
                      block.size(perElement));
          case StopGradient identity ->
              block -> copy(a.in(block), out.in(block), block.size(perElement));
          case Cast(DType type) -> cast(first, at, a, out, perElement);
          default -> throw new IllegalArgumentException(op.label() + " is not pointwise");
        });
  }

  private Step cast(int from, int at, Source a, Source out, boolean perElement) {
    if (truth[from] == truth[at]) {
      return block -> copy(a.in(block), out.in(block), block.size(perElement));
    }
    return truth[from]
        ? block ->
            SelectionKernels.numbers(
                (boolean[]) a.in(block), out.in(block), 0, block.size(perElement))
        : block ->
            SelectionKernels.truths(
                a.in(block), (boolean[]) out.in(block), 0, block.size(perElement));
  }

  private static void copy(Object from, Object to, int size) {
    if (from != to) {
      System.arraycopy(from, 0, to, 0, size);
    }
  }

  /// Products plus 0, rounded once.
  private static void product(Object left, Object right, Object out, int size) {
    if (out instanceof float[] y) {
      float[] a = (float[]) left;
      float[] b = (float[]) right;
      for (int i = 0; i < size; i++) {
        y[i] = Math.fma(a[i], b[i], 0f);
      }
    } else {
      double[] y = (double[]) out;
      double[] a = (double[]) left;
      double[] b = (double[]) right;
      for (int i = 0; i < size; i++) {
        y[i] = Math.fma(a[i], b[i], 0d);
      }
    }
  }
}
