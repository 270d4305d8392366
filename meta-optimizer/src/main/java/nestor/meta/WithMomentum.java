package nestor.meta;

import nestor.autodiff.Tensor;

/// An optimizer whose memory of gradients decays by a momentum, which a [StepGenerator] may
/// generate.
///
/// ```java
/// Muon muon = Muon.withRate(0.02);
/// WithMomentum slower = muon.withMomentum(Tensor.scalar(0.99));
/// ```
public interface WithMomentum extends Rated {
  /// The decay of the memory, rank 0.
  Tensor momentum();

  /// The same optimizer with another momentum; its states go on with it.
  WithMomentum withMomentum(Tensor momentum);
}
