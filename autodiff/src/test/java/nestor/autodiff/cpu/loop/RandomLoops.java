package nestor.autodiff.cpu.loop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import nestor.autodiff.Binary;
import nestor.autodiff.Cast;
import nestor.autodiff.Compare;
import nestor.autodiff.DType;
import nestor.autodiff.Logical;
import nestor.autodiff.Op;
import nestor.autodiff.PiecewiseConstant;
import nestor.autodiff.Reduce;
import nestor.autodiff.StopGradient;
import nestor.autodiff.Unary;
import nestor.autodiff.Where;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.Loop.Extent;
import nestor.autodiff.plan.loop.Fusible;

/// Loops drawn at random, over everything that a loop may hold.
final class RandomLoops {
  /// Which reductions a loop has.
  enum Shape {
    POINTWISE,
    ROWS,
    COLUMNS,
    AREAS
  }

  private final SplittableRandom random;
  private final DType dtype;
  private final Shape shape;
  private final List<Loop.Operand> operands = new ArrayList<>();
  private final List<Loop.Instruction> instructions = new ArrayList<>();
  private final List<Boolean> truths = new ArrayList<>();
  private final List<Boolean> wide = new ArrayList<>();

  private RandomLoops(SplittableRandom random, DType dtype, Shape shape) {
    this.random = random;
    this.dtype = dtype;
    this.shape = shape;
  }

  static Loop draw(SplittableRandom random, DType dtype, Shape shape) {
    return new RandomLoops(random, dtype, shape).loop();
  }

  private Loop loop() {
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      boolean truth = i > 0 && random.nextInt(5) == 0;
      Extent extent = i == 0 || random.nextInt(3) > 0 ? Extent.ELEMENT : Extent.ROW;
      operands.add(new Loop.Operand(truth ? DType.BOOL : dtype, extent));
      add(new Loop.Load(i), truth, extent == Extent.ELEMENT);
    }
    add(new Loop.Constant(random.nextInt(2) == 0 ? -0.0 : random.nextDouble(-2, 2)), false, false);
    int length = 1 + random.nextInt(16);
    for (int i = 0; i < length; i++) {
      instruction();
    }
    if (shape == Shape.ROWS) {
      reduction();
    }
    List<Loop.Result> results = new ArrayList<>();
    int last = instructions.size() - 1;
    results.add(store(last));
    for (int i = random.nextInt(3); i > 0; i--) {
      results.add(store(random.nextInt(instructions.size())));
    }
    if (shape == Shape.COLUMNS) {
      for (int i = 1 + random.nextInt(2); i > 0; i--) {
        results.add(new Loop.ColumnFold(kind(), element()));
      }
    }
    if (shape == Shape.AREAS) {
      for (int i = 1 + random.nextInt(2); i > 0; i--) {
        results.add(new Loop.AreaFold(kind(), element()));
      }
    }
    return new Loop(dtype, operands, instructions, results);
  }

  private Loop.Result store(int value) {
    boolean row = !wide.get(value) && random.nextInt(3) > 0;
    return new Loop.Store(value, row ? Extent.ROW : Extent.ELEMENT);
  }

  private void add(Loop.Instruction instruction, boolean truth, boolean element) {
    instructions.add(instruction);
    truths.add(truth);
    wide.add(element);
  }

  private void instruction() {
    switch (random.nextInt(shape == Shape.ROWS || shape == Shape.AREAS ? 16 : 14)) {
      case 0, 1 -> {
        List<Unary> all =
            Arrays.stream(Unary.values()).filter(op -> Fusible.is(dtype, op)).toList();
        apply(all.get(random.nextInt(all.size())), false, number());
      }
      case 2 -> {
        PiecewiseConstant[] all = PiecewiseConstant.values();
        apply(all[random.nextInt(all.length)], false, number());
      }
      case 3, 4, 5, 6 -> {
        List<Binary> all =
            Arrays.stream(Binary.values()).filter(op -> Fusible.is(dtype, op)).toList();
        apply(all.get(random.nextInt(all.size())), false, number(), number());
      }
      case 7, 8 -> {
        Compare[] all = Compare.values();
        apply(all[random.nextInt(all.length)], true, number(), number());
      }
      case 9 -> {
        int a = number();
        int b = number();
        add(new Loop.Product(a, b), false, wide.get(a) || wide.get(b));
      }
      case 10 -> withTruth();
      case 11 -> apply(new Where(), false, truth(), number(), number());
      case 12 -> apply(new Cast(dtype), false, truth());
      case 13 ->
          apply(random.nextBoolean() ? new StopGradient() : new Cast(dtype), false, number());
      default -> reduction();
    }
  }

  private void withTruth() {
    switch (random.nextInt(5)) {
      case 0 -> apply(new Where(), true, truth(), truth(), truth());
      case 1 -> apply(Compare.EQUAL, true, truth(), truth());
      case 2 -> apply(Compare.NOT_EQUAL, true, truth(), truth());
      case 3 -> apply(new Cast(DType.BOOL), true, number());
      default -> {
        Logical[] all = Logical.values();
        apply(all[random.nextInt(all.length)], true, truth(), truth());
      }
    }
  }

  private void reduction() {
    switch (random.nextInt(4)) {
      case 0 -> add(new Loop.Dot(element(), element()), false, false);
      default -> add(new Loop.Fold(kind(), element()), false, false);
    }
  }

  private Reduce.Kind kind() {
    return random.nextInt(3) > 0 ? Reduce.Kind.SUM : Reduce.Kind.MAX;
  }

  private void apply(Op op, boolean truth, int... in) {
    boolean element = Arrays.stream(in).anyMatch(wide::get);
    add(new Loop.Apply(op, Arrays.stream(in).boxed().toList()), truth, element);
  }

  private int number() {
    while (true) {
      int i = recent();
      if (!truths.get(i)) {
        return i;
      }
    }
  }

  /// Later values are likelier, so that chains grow.
  private int recent() {
    int size = instructions.size();
    return Math.max(random.nextInt(size), random.nextInt(size));
  }

  private int element() {
    for (int tries = 0; tries < 50; tries++) {
      int i = recent();
      if (!truths.get(i) && wide.get(i)) {
        return i;
      }
    }
    return 0;
  }

  private int truth() {
    for (int tries = 0; tries < 20; tries++) {
      int i = recent();
      if (truths.get(i)) {
        return i;
      }
    }
    apply(Compare.LESS, true, number(), number());
    return instructions.size() - 1;
  }
}
