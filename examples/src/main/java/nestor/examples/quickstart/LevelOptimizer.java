package nestor.examples.quickstart;

import java.util.Locale;
import nestor.meta.Adam;
import nestor.meta.AssociativeMemoryOptimizer;
import nestor.meta.DeepMomentum;
import nestor.meta.DeepMomentumGradientDescent;
import nestor.meta.DeltaMomentum;
import nestor.meta.M3Ema;
import nestor.meta.Momentum;
import nestor.meta.Muon;
import nestor.meta.Nesterov;
import nestor.meta.Optimizer;
import nestor.meta.PreconditionedMomentum;
import nestor.meta.Sgd;

/// What makes directions of the gradients of a level. How far they are followed is generated, so
/// rates are of no effect here, and so are momenta where there are any.
public enum LevelOptimizer {
  /// An MLP as a memory of gradients, with Newton–Schulz.
  DEEP_MOMENTUM {
    @Override
    Optimizer of(Mechanism off) {
      DeepMomentum memory =
          new DeepMomentum(
              off == Mechanism.DEEP_MOMENTUM ? 0 : 16, off == Mechanism.NEWTON_SCHULZ ? 0 : 5);
      return DeepMomentumGradientDescent.withRate(1).with(memory);
    }
  },
  /// The gradient itself.
  SGD {
    @Override
    Optimizer of(Mechanism off) {
      return Sgd.withRate(1);
    }
  },
  /// Classical momentum.
  MOMENTUM {
    @Override
    Optimizer of(Mechanism off) {
      return Momentum.withRate(1);
    }
  },
  /// Nesterov's momentum.
  NESTEROV {
    @Override
    Optimizer of(Mechanism off) {
      return Nesterov.withRate(1);
    }
  },
  /// Adam.
  ADAM {
    @Override
    Optimizer of(Mechanism off) {
      return Adam.withRate(1);
    }
  },
  /// Momentum and the quintic Newton–Schulz iteration.
  MUON {
    @Override
    Optimizer of(Mechanism off) {
      return Muon.withRate(1);
    }
  },
  /// Momentum by the delta rule.
  DELTA_MOMENTUM {
    @Override
    Optimizer of(Mechanism off) {
      return DeltaMomentum.withRate(1);
    }
  },
  /// Momentum of gradients that are whitened by a learned preconditioner.
  PRECONDITIONED_MOMENTUM {
    @Override
    Optimizer of(Mechanism off) {
      return PreconditionedMomentum.withRate(1);
    }
  },
  /// A linear associative memory of gradients.
  ASSOCIATIVE_MEMORY {
    @Override
    Optimizer of(Mechanism off) {
      return AssociativeMemoryOptimizer.withRate(1);
    }
  },
  /// Momenta of two time scales.
  M3 {
    @Override
    Optimizer of(Mechanism off) {
      return M3Ema.withRate(1);
    }
  };

  /// The optimizer, without a mechanism that it may have.
  abstract Optimizer of(Mechanism off);

  /// The name as it is given to `--set`.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
