package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.customVjp;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.jvp;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.stopGradient;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Every word of transformations, applied to a sum of sines, is another sum of sines, known in
/// closed form.
class TransformTest {
  private static final Tally TALLY = new Tally("words of transformations against closed forms");
  private static final double[] U = {0.5, -0.4, 0.7};
  private static final double[] SCALES = {0.9, -1.1, 0.6};
  private static final Tensor DIRECTION = Tensor.of(U);
  private static final double[] AT = {0.3, -0.2, 0.8};

  @AfterAll
  static void report() {
    TALLY.report();
  }

  /// α sin(⟨a, x⟩ + φ).
  record Sine(double alpha, double[] a, double phase) {
    double at(double[] x, int order) {
      return alpha * Math.pow(dot(a, U), order) * Math.sin(dot(a, x) + phase + order * Math.PI / 2);
    }

    Tensor at(Tensor x) {
      return x.dot(Tensor.of(a)).plus(phase).sin().times(alpha);
    }

    Sine derived(int order) {
      return new Sine(alpha * Math.pow(dot(a, U), order), a, phase + order * Math.PI / 2);
    }

    Sine scaled(double by) {
      return new Sine(alpha, new double[] {by * a[0], by * a[1], by * a[2]}, phase);
    }
  }

  /// A function as code that is transformed, and as a sum of sines.
  record Subject(Function<Tensor, Tensor> code, List<Sine> sines) {
    static Subject start() {
      List<Sine> sines =
          List.of(
              new Sine(0.8, new double[] {1.1, -0.7, 0.4}, 0.3),
              new Sine(-0.5, new double[] {0.2, 0.9, -1.3}, 1.1));
      return new Subject(x -> sines.get(0).at(x).plus(sines.get(1).at(x)), sines);
    }

    Subject derived(int order, UnaryOperator<Tensor> derivative) {
      return new Subject(derivative, sines.stream().map(sine -> sine.derived(order)).toList());
    }

    double value(int order) {
      return sines.stream().mapToDouble(sine -> sine.at(AT, order)).sum();
    }

    Tensor gradient() {
      double[] sum = new double[3];
      for (Sine sine : sines) {
        for (int i = 0; i < 3; i++) {
          sum[i] += sine.alpha() * sine.a()[i] * Math.cos(dot(sine.a(), AT) + sine.phase());
        }
      }
      return Tensor.of(sum);
    }

    Subject overScales(UnaryOperator<Tensor> mapped) {
      List<Sine> all = new ArrayList<>();
      for (double scale : SCALES) {
        sines.forEach(sine -> all.add(sine.scaled(scale)));
      }
      return new Subject(mapped, all);
    }
  }

  enum Letter implements UnaryOperator<Subject> {
    CHECKPOINT {
      @Override
      public Subject apply(Subject f) {
        return new Subject(x -> checkpoint(f.code(), x), f.sines());
      }
    },
    VMAP_OF_ARGUMENT {
      @Override
      public Subject apply(Subject f) {
        return f.overScales(x -> vmap(f.code(), Tensor.of(SCALES).outer(x)).sum());
      }
    },
    VMAP_OF_CAPTURE {
      @Override
      public Subject apply(Subject f) {
        return f.overScales(
            x -> vmap((Tensor scale) -> f.code().apply(x.times(scale)), Tensor.of(SCALES)).sum());
      }
    },
    GRAD {
      @Override
      public Subject apply(Subject f) {
        return f.derived(1, x -> grad(f.code(), x).dot(DIRECTION));
      }
    },
    JVP {
      @Override
      public Subject apply(Subject f) {
        return f.derived(1, x -> jvp(f.code(), x, DIRECTION).tangent());
      }
    },
    HVP {
      @Override
      public Subject apply(Subject f) {
        return f.derived(2, x -> hvp(f.code(), x, DIRECTION).dot(DIRECTION));
      }
    },
    CUSTOM_VJP {
      @Override
      public Subject apply(Subject f) {
        return new Subject(
            x -> customVjp(f.code(), (at, y, g) -> grad(f.code(), at).times(g), x), f.sines());
      }
    },
    SCAN_OF_CARRY {
      @Override
      public Subject apply(Subject f) {
        return f.overScales(x ->
            scan(
                    (Tensor h, Tensor scale) -> new Step<>(h, f.code().apply(h.times(scale))),
                    x,
                    Tensor.of(SCALES))
                .outputs()
                .sum());
      }
    },
    SCAN_OF_CAPTURE {
      @Override
      public Subject apply(Subject f) {
        return f.overScales(x ->
            scan(
                    (Tensor sum, Tensor scale) ->
                        new Step<>(sum.plus(f.code().apply(x.times(scale))), List.of()),
                    Tensor.scalar(0),
                    Tensor.of(SCALES))
                .carry());
      }
    },
    COND {
      @Override
      public Subject apply(Subject f) {
        return new Subject(
            x -> cond(x.sum().greater(-100), f.code(), y -> y.times(Double.NaN).sum(), x),
            f.sines());
      }
    },
    COMPILE {
      @Override
      public Subject apply(Subject f) {
        return new Subject(compile(f.code()), f.sines());
      }
    },
    STOP_GRADIENT {
      @Override
      public Subject apply(Subject f) {
        return new Subject(
            x -> {
              Tensor y = f.code().apply(x);
              return y.plus(stopGradient(y)).minus(f.code().apply(stopGradient(x)));
            },
            f.sines());
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  }

  private static Subject spell(List<Letter> word) {
    Subject subject = Subject.start();
    for (Letter letter : word) {
      subject = letter.apply(subject);
    }
    return subject;
  }

  private static void check(List<Letter> word, int highest) {
    Subject subject = spell(word);
    Function<Tensor, Tensor> f = subject.code();
    Tensor at = Tensor.of(AT);
    try {
      TALLY.near(1e-12, subject.value(0), f.apply(at));
      TALLY.near(1e-12, subject.gradient(), grad(f, at));
      for (int order = 1; order <= highest; order++) {
        Function<Tensor, Tensor> below = f;
        f = x -> grad(below, x).dot(DIRECTION);
        TALLY.near(1e-12, subject.value(order), f.apply(at));
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(word + ": " + e.getMessage(), e);
    }
  }

  @Test
  void everyWordOfTwoLettersHasItsClosedFormToTheThirdDerivative() {
    for (Letter first : Letter.values()) {
      check(List.of(first), 3);
      for (Letter second : Letter.values()) {
        check(List.of(first, second), 3);
      }
    }
  }

  @Test
  void everyWordOfThreeLettersHasItsClosedForm() {
    for (Letter first : Letter.values()) {
      for (Letter second : Letter.values()) {
        for (Letter third : Letter.values()) {
          check(List.of(first, second, third), 1);
        }
      }
    }
  }

  @Test
  void longWordsHaveTheirClosedForms() {
    Random random = new Random(5);
    for (int i = 0; i < 60; i++) {
      List<Letter> word = new ArrayList<>();
      for (int j = 0; j < 5; j++) {
        word.add(Letter.values()[random.nextInt(Letter.values().length)]);
      }
      boolean small = word.stream().filter(letter -> letter == Letter.HVP).count() < 2;
      if (small) {
        check(word, 1);
      }
    }
  }
}
