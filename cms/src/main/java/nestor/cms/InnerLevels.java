package nestor.cms;

/// What the write of a level does to the levels that are written more often, those before it.
public enum InnerLevels {
  /// Nothing, equations 73 and 74: θ₀ of all levels is learned outside the sequence.
  KEPT,

  /// It starts them again, equation 72. Level l holds, besides its own weights, the initial
  /// weights Φ of all levels below, and learns both, so that what comes below starts from what its
  /// chunk has taught:
  ///
  ///     (Φ⁽¹⁾ … Φ⁽ˡ⁻¹⁾, θ⁽ˡ⁾) ← step of level l with Σ ∇ over its chunk,   θ⁽ʲ⁾ ← Φ⁽ʲ⁾ for j < l
  ///
  /// with new optimizers, sums and clocks below. The gradient for Φ⁽ʲ⁾ is that of the current θ⁽ʲ⁾
  /// in [OnlineCms], which is first-order MAML on the chunk, and exact in [NestedCms]. Within the
  /// C⁽ˡ⁾ tokens of an outer chunk the level below has ⌈C⁽ˡ⁾ / C⁽ˡ⁻¹⁾⌉ chunks, as in the paper; the
  /// last ends with the reset.
  RESET
}
