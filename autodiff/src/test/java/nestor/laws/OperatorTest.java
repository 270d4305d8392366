package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import nestor.autodiff.Backend;
import nestor.autodiff.Binary;
import nestor.autodiff.DType;
import nestor.autodiff.DifferentiableOp;
import nestor.autodiff.Key;
import nestor.autodiff.MatMul;
import nestor.autodiff.Op;
import nestor.autodiff.Sample;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import nestor.autodiff.TensorType;
import nestor.autodiff.Unary;
import nestor.autodiff.check.GradientCheck;
import org.junit.jupiter.api.Test;

/// Laws of every primitive, over the samples that the operators themselves give: a new operator is
/// tested without a new test.
class OperatorTest {
  private static final Backend REFERENCE = Backend.named("reference");
  private static final Backend CPU = Backend.named("cpu");

  /// A difference is wrong by truncation, rounding or both, a derivative at every step: the best of
  /// three steps decides.
  private static final List<GradientCheck> STEPS =
      List.of(GradientCheck.STANDARD, new GradientCheck(3e-4, 1e-7), new GradientCheck(3e-3, 1e-7));

  /// For the cast to float32, a staircase of tiny steps around a line: a long step shows the line.
  private static final List<GradientCheck> ROUNDED =
      List.of(new GradientCheck(0.25, 3e-6), new GradientCheck(0.5, 3e-6));

  private static void report(String law, int checks, List<String> failures) {
    System.out.printf("%,7d checks: %s%n", checks, law);
    assertTrue(checks > 0, law);
    assertEquals("", String.join("\n", failures.subList(0, Math.min(20, failures.size()))), law);
  }

  private static Set<String> constants(Class<?> type) {
    Set<String> names = new TreeSet<>();
    if (type.isSealed()) {
      for (Class<?> permitted : type.getPermittedSubclasses()) {
        if (!permitted.isAnonymousClass()) {
          names.addAll(constants(permitted));
        }
      }
    }
    if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        names.add(type.getSimpleName() + "." + constant);
      }
    } else if (!type.isInterface()) {
      names.add(type.getSimpleName());
    }
    return names;
  }

  @Test
  void everyOperatorHasSamples() {
    Set<String> sampled =
        Samples.of(0, DType.FLOAT64, REFERENCE).stream()
            .map(sample ->
                sample.op() instanceof Enum<?> constant
                    ? constant.getDeclaringClass().getSimpleName() + "." + constant
                    : sample.op().getClass().getSimpleName())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(constants(Op.class), sampled);
    System.out.printf("%,7d primitives%n", sampled.size());
  }

  @Test
  void derivativesOfOrdersOneToThreeAreFiniteDifferencesOfTheOrderBelow() {
    List<String> failures = new ArrayList<>();
    int checks = 0;
    for (Backend backend : List.of(REFERENCE, CPU)) {
      for (Sample sample : Samples.of(1, DType.FLOAT64, backend)) {
        if (!isSmooth(sample)) {
          continue;
        }
        Function<List<Tensor>, Tensor> plain = Samples.function(sample);
        boolean exact = sample.run().dtype() == DType.FLOAT64;
        // The cotangent of a linear operator depends on the operands only if something follows it.
        Function<List<Tensor>, Tensor> f = exact ? in -> bent(plain.apply(in)) : plain;
        List<Tensor> at = Samples.floats(sample);
        if (!types(gradient(f, at)).equals(types(at))) {
          failures.add(backend.name() + " " + sample + ": gradients " + types(gradient(f, at)));
        }
        for (var result : best(exact ? STEPS : ROUNDED, f, at)) {
          checks++;
          if (!(result.error() <= (exact ? 1e-7 : 3e-6))) {
            failures.add(backend.name() + " " + sample + ": " + result);
          }
        }
      }
    }
    report("derivatives of orders 1, 2 and 3 against finite differences", checks, failures);
  }

  /// For each order the result of the step with the smallest error; the first step if it passes.
  private static List<GradientCheck.Result> best(
      List<GradientCheck> steps, Function<List<Tensor>, Tensor> f, List<Tensor> at) {
    List<GradientCheck.Result> best = new ArrayList<>();
    for (GradientCheck check : steps) {
      var results = check.measure(f, at, 3, Key.of(2));
      for (int k = 0; k < results.size(); k++) {
        if (best.size() <= k) {
          best.add(results.get(k));
        } else if (results.get(k).error() < best.get(k).error()) {
          best.set(k, results.get(k));
        }
      }
      if (best.stream().allMatch(result -> result.error() <= check.tolerance())) {
        break;
      }
    }
    return best;
  }

  private static boolean isSmooth(Sample sample) {
    return sample.op() instanceof DifferentiableOp
        && !Samples.floats(sample).isEmpty()
        && sample.run().dtype().isFloat();
  }

  private static List<TensorType> types(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::type).toList();
  }

  private static Tensor bent(Tensor y) {
    return y.square().plus(y);
  }

  @Test
  void batchingRulesEqualALoop() {
    List<String> failures = new ArrayList<>();
    int checks = 0;
    for (Backend backend : List.of(REFERENCE, CPU)) {
      for (Mapped mapped : Mapped.all(backend, DType.FLOAT64)) {
        checks++;
        Tensor batched = vmap(mapped::run, mapped.stacked());
        for (int i = 0; i < Mapped.SIZE; i++) {
          double bound = stacksRows(mapped) ? 1e-14 : 0;
          if (!(Samples.error(batched.get(i), mapped.run(mapped.example(i))) <= bound)) {
            failures.add(backend.name() + " " + mapped);
          }
        }
      }
    }
    report("batching rules against a loop, to the bit", checks, failures);
  }

  /// Whether products of one row with a shared matrix become one product of many rows, which adds
  /// in another order.
  private static boolean stacksRows(Mapped mapped) {
    return mapped.sample().op() instanceof MatMul(MatMul.Side left, MatMul.Side right)
        && left == MatMul.Side.PLAIN
        && mapped.which() == 1
        && mapped.sample().inputs().getFirst().shape().rank() == 2
        && mapped.sample().inputs().getLast().shape().rank() == 2
        && mapped.sample().inputs().getFirst().shape().dim(0) == 1
        && mapped.sample().run().shape().dim(1) > 1;
  }

  @Test
  void batchedGradientsEqualALoopOfGradients() {
    List<String> failures = new ArrayList<>();
    int checks = 0;
    for (Mapped mapped : Mapped.all(CPU, DType.FLOAT64)) {
      boolean smooth =
          mapped.sample().op() instanceof DifferentiableOp
              && mapped.stacked().stream().allMatch(tensor -> tensor.dtype().isFloat())
              && mapped.sample().run().dtype().isFloat();
      if (!smooth) {
        continue;
      }
      checks++;
      List<Tensor> batched = vmap(mapped::gradient, mapped.stacked());
      for (int i = 0; i < Mapped.SIZE; i++) {
        List<Tensor> one = mapped.gradient(mapped.example(i));
        for (int j = 0; j < one.size(); j++) {
          if (Samples.error(batched.get(j).get(i), one.get(j)) > 1e-14) {
            failures.add(mapped + " operand " + j);
          }
        }
      }
    }
    report("vmap of gradients against a loop of gradients", checks, failures);
  }

  /// Gradients through the batching rules, also those of operands that all examples share.
  @Test
  void gradientsOfBatchesEqualThoseOfALoop() {
    List<String> failures = new ArrayList<>();
    int checks = 0;
    for (Mapped mapped : Mapped.all(CPU, DType.FLOAT64)) {
      if (!isSmooth(mapped.sample())) {
        continue;
      }
      checks++;
      List<Tensor> at = mapped.floats();
      List<Tensor> batched = gradient(in -> bent(mapped.batched(in)), at);
      List<Tensor> looped = gradient(in -> bent(mapped.looped(in)), at);
      for (int j = 0; j < at.size(); j++) {
        if (Samples.error(batched.get(j), looped.get(j)) > 1e-14) {
          failures.add(mapped + " operand " + j);
        }
      }
    }
    report("gradients of vmap against gradients of a loop", checks, failures);
  }

  @Test
  void cpuEqualsReference() {
    List<String> failures = new ArrayList<>();
    int checks = 0;
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      double tolerance = dtype == DType.FLOAT64 ? 1e-14 : 5e-7;
      List<Sample> expected = Samples.of(3, dtype, REFERENCE);
      List<Sample> actual = Samples.of(3, dtype, CPU);
      for (int i = 0; i < expected.size(); i++) {
        checks++;
        Tensor want = expected.get(i).run();
        double error = Samples.error(actual.get(i).run(), want);
        if (!(error <= (want.dtype().isFloat() ? tolerance : 0))) {
          failures.add(actual.get(i) + ": error " + error);
        }
      }
    }
    report("cpu against reference, float64 and float32", checks, failures);
  }

  /// Operands of the other element types, wherever the operator takes them.
  @Test
  void cpuEqualsReferenceForIntegersAndTruthValues() {
    List<String> failures = new ArrayList<>();
    int checks = 0;
    for (DType dtype : List.of(DType.INT64, DType.INT32, DType.BOOL)) {
      for (Sample drawn : Samples.of(5, DType.FLOAT64, REFERENCE)) {
        Sample sample = Samples.cast(drawn, dtype);
        Tensor want;
        try {
          want = sample.run();
        } catch (TensorException notTaken) {
          continue;
        }
        checks++;
        if (Samples.error(sample.on(CPU).run(), want) > 1e-14) {
          failures.add(sample.toString());
        }
      }
    }
    report("cpu against reference, integers and truth values", checks, failures);
  }

  /// Infinities, NaN, zeros, ties, halves and tiny numbers, each beside each.
  @Test
  void cpuEqualsReferenceAtSpecialValues() {
    List<String> failures = new ArrayList<>();
    int checks = 0;
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      double tolerance = dtype == DType.FLOAT64 ? 1e-14 : 5e-7;
      for (Sample drawn : Samples.of(6, dtype, REFERENCE)) {
        for (int turn = 0; turn < Samples.SPECIAL.length; turn++) {
          Sample sample = Samples.special(drawn, turn);
          Tensor want = sample.run();
          Tensor got = sample.on(CPU).run();
          checks++;
          boolean pointwise = sample.op() instanceof Unary || sample.op() instanceof Binary;
          double error = pointwise ? Samples.relative(got, want) : Samples.error(got, want);
          if (!(error <= tolerance)) {
            failures.add(sample + " " + sample.inputs() + ": " + got + " is not " + want);
          }
        }
      }
    }
    report("cpu against reference at special values", checks, failures);
  }

  @Test
  void gradientsThroughACheckpointAreTheSameBits() {
    List<String> failures = new ArrayList<>();
    int checks = 0;
    for (Sample sample : Samples.of(4, DType.FLOAT64, CPU)) {
      if (!isSmooth(sample)) {
        continue;
      }
      checks++;
      Function<List<Tensor>, Tensor> plain =
          in -> Samples.function(sample).apply(in).square().plus(1).sqrt();
      List<Tensor> in = Samples.floats(sample);
      List<Tensor> expected = gradient(plain, in);
      List<Tensor> actual = gradient(x -> checkpoint(plain, x), in);
      for (int i = 0; i < in.size(); i++) {
        if (Samples.error(actual.get(i), expected.get(i)) != 0) {
          failures.add(sample.toString());
        }
      }
    }
    report("gradients with and without checkpoint, to the bit", checks, failures);
  }

  static List<Tensor> gradient(Function<List<Tensor>, Tensor> f, List<Tensor> at) {
    var out = vjp(f, at);
    return out.pullback().apply(out.value().onesLike());
  }
}
