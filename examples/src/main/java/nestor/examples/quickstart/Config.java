package nestor.examples.quickstart;

import java.util.Locale;
import nestor.autodiff.DType;

/// What `--set` may change.
///
/// @param steps training steps
/// @param width the network's width
/// @param layers the number of HOPE layers
/// @param drift after how many samples the target changes; 0 for never
/// @param ablate the mechanism that is turned off
/// @param learner who learns
/// @param memory each layer's
/// @param trunk what makes directions of the gradients of the two projections
/// @param optimizer the same for all other levels
/// @param adamwRate AdamW's rate
/// @param dtype the element type of all tensors
public record Config(
    int steps,
    int width,
    int layers,
    int drift,
    Mechanism ablate,
    Kind learner,
    LayerMemory memory,
    LevelOptimizer trunk,
    LevelOptimizer optimizer,
    double adamwRate,
    DType dtype) {
  static final Config DEFAULT =
      new Config(
          2000,
          32,
          2,
          0,
          Mechanism.NONE,
          Kind.NESTED,
          LayerMemory.GATED_DELTA,
          LevelOptimizer.MOMENTUM,
          LevelOptimizer.DEEP_MOMENTUM,
          1e-3,
          DType.FLOAT32);

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

  /// Settings that make sense.
  public Config {
    atLeast(0, "steps", steps);
    atLeast(1, "width", width);
    atLeast(1, "layers", layers);
    atLeast(0, "drift", drift);
    if (!dtype.isFloat()) {
      throw new IllegalArgumentException("dtype must be float32 or float64, not " + dtype);
    }
    if (!(adamwRate > 0)) {
      throw new IllegalArgumentException("adamwRate must be above 0, not " + adamwRate);
    }
    if (memory == LayerMemory.NONE) {
      throw new IllegalArgumentException("a learner without a memory is ablate=memory");
    }
    if (!has(ablate, memory, trunk, optimizer)) {
      throw new IllegalArgumentException(
          "ablate=%s turns off what memory=%s, trunk=%s and optimizer=%s do not have"
              .formatted(ablate, memory, trunk, optimizer));
    }
    if (learner == Kind.ADAMW && ablate != Mechanism.NONE) {
      throw new IllegalArgumentException(
          "ablate turns off a part of the nested learner, so it cannot go with learner=adamw");
    }
  }

  /// Demands a setting that is large enough.
  static void atLeast(int least, String setting, int value) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s must be at least %d, not %d".formatted(setting, least, value));
    }
  }

  boolean isNested() {
    return learner != Kind.ADAMW;
  }

  Config without(Mechanism mechanism) {
    return new Config(
        steps, width, layers, drift, mechanism, learner, memory, trunk, optimizer, adamwRate,
        dtype);
  }

  Config with(int otherSteps) {
    return new Config(
        otherSteps,
        width,
        layers,
        drift,
        ablate,
        learner,
        memory,
        trunk,
        optimizer,
        adamwRate,
        dtype);
  }

  Config withDrift(int otherDrift) {
    return new Config(
        steps,
        width,
        layers,
        otherDrift,
        ablate,
        learner,
        memory,
        trunk,
        optimizer,
        adamwRate,
        dtype);
  }

  Config with(Kind other) {
    return new Config(
        steps, width, layers, drift, ablate, other, memory, trunk, optimizer, adamwRate, dtype);
  }

  Config withAdamW(double rate) {
    return new Config(
        steps, width, layers, drift, ablate, Kind.ADAMW, memory, trunk, optimizer, rate, dtype);
  }

  Config with(LayerMemory other) {
    return new Config(
        steps, width, layers, drift, ablate, learner, other, trunk, optimizer, adamwRate, dtype);
  }

  Config withTrunk(LevelOptimizer other) {
    return new Config(
        steps, width, layers, drift, ablate, learner, memory, other, optimizer, adamwRate, dtype);
  }

  /// Whether there is a mechanism to turn off.
  boolean has(Mechanism mechanism) {
    return has(mechanism, memory, trunk, optimizer);
  }

  private static boolean has(
      Mechanism mechanism, LayerMemory memory, LevelOptimizer trunk, LevelOptimizer optimizer) {
    return switch (mechanism) {
      case FORGETTING -> memory == LayerMemory.GATED_DELTA;
      case DEEP_MOMENTUM, NEWTON_SCHULZ ->
          trunk == LevelOptimizer.DEEP_MOMENTUM || optimizer == LevelOptimizer.DEEP_MOMENTUM;
      case NONE, MEMORY, CMS, PERIODS, META_LEARNING -> true;
    };
  }

  /// The memory of the model that is trained.
  LayerMemory trained() {
    return switch (ablate) {
      case MEMORY -> LayerMemory.NONE;
      case FORGETTING -> LayerMemory.DELTA;
      default -> memory;
    };
  }
}
