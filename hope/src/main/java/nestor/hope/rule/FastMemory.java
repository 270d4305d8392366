package nestor.hope.rule;

import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// A memory that is a network: what it knows is in its weights, which a sequence writes while it is
/// read. Implementations are records whose leaves are the weight matrices `[..., out, in]`, with
/// the samples as axis 0 where each sample has its own.
///
/// The network is said once, by [#through], with the products by its matrices left open: that way
/// it is read with weights that differ from token to token without ever making these.
///
/// ```java
/// record Gated(Tensor a, Tensor b) implements FastMemory {
///   public Tensor through(Products products, Tensor z) {
///     return products.apply(0, z).times(products.apply(1, z).sigmoid());
///   }
/// }
/// ```
public interface FastMemory {
  /// The products by the matrices of a network.
  @FunctionalInterface
  interface Products {
    /// x Wᵀ for x `[..., time, in]`.
    ///
    /// @param matrix which W, in the order of the record's components
    Tensor apply(int matrix, Tensor x);
  }

  /// What the network answers to z `[..., time, width]`, using each of its matrices once.
  Tensor through(Products products, Tensor z);

  /// What the memory answers to z `[..., time, width]` with the weights that it has.
  default Tensor read(Tensor z) {
    List<Tensor> weights = Tree.leaves(this);
    return through((matrix, x) -> x.matmulTransposed(weights.get(matrix)), z);
  }

  /// The same memory for each of `samples`.
  ///
  /// @param memory leaves `[out, in]`
  static <M extends FastMemory> M forEach(M memory, int samples) {
    return Tree.map(memory, w -> w.broadcastTo(samples, w.shape().dim(0), w.shape().dim(1)));
  }
}
