package nestor.examples.quickstart;

import java.util.Locale;
import nestor.autodiff.DType;
import nestor.train.Failure;

/// What `--set` may change.
///
/// @param steps training steps
/// @param width the network's width
/// @param layers the number of HOPE layers
/// @param drift after how many samples the target changes; 0 for never
/// @param ablate the mechanism that is turned off
/// @param learner who learns
/// @param adamwRate AdamW's rate
/// @param dtype the element type of all tensors
public record Config(
    int steps,
    int width,
    int layers,
    int drift,
    Mechanism ablate,
    Kind learner,
    double adamwRate,
    DType dtype) {
  static final Config DEFAULT =
      new Config(2000, 32, 2, 0, Mechanism.NONE, Kind.NESTED, 1e-3, DType.FLOAT32);

  /// Who learns.
  public enum Kind {
    /// The nested learner.
    NESTED,
    /// The nested learner, with the generation of every level's steps and momenta starting alike.
    NESTED_UNTUNED,
    /// The same model, trained by AdamW.
    ADAMW;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /// Demands settings that make sense.
  void check() {
    if (steps < 0 || width < 1 || layers < 1 || drift < 0) {
      throw new Failure("steps and drift must be at least 0; width and layers at least 1");
    }
    if (!dtype.isFloat()) {
      throw new Failure("dtype must be float32 or float64, but is " + dtype);
    }
    if (!(adamwRate > 0)) {
      throw new Failure("adamwRate must be above 0, but is " + adamwRate);
    }
    if (!isNested() && ablate != Mechanism.NONE) {
      throw new Failure("ablate turns off parts of the nested learner; leave learner=nested");
    }
  }

  boolean isNested() {
    return learner != Kind.ADAMW;
  }

  Config without(Mechanism mechanism) {
    return new Config(steps, width, layers, drift, mechanism, learner, adamwRate, dtype);
  }

  Config with(int otherSteps) {
    return new Config(otherSteps, width, layers, drift, ablate, learner, adamwRate, dtype);
  }

  Config withDrift(int otherDrift) {
    return new Config(steps, width, layers, otherDrift, ablate, learner, adamwRate, dtype);
  }

  Config with(Kind other) {
    return new Config(steps, width, layers, drift, ablate, other, adamwRate, dtype);
  }

  Config withAdamW(double rate) {
    return new Config(steps, width, layers, drift, ablate, Kind.ADAMW, rate, dtype);
  }
}
