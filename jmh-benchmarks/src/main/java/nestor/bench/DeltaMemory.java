package nestor.bench;

import static nestor.autodiff.Transform.scan;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;

/// A memory S that the delta rule writes: S ← S + β (v − S k) kᵀ, with the answer S q to each
/// token; Schlag et al., "Linear Transformers are secretly fast weight programmers" (2021). The
/// library's rule also decays S.
///
/// @param q `[width, width]`, as are k and v
/// @param gate `[width, 2]`; the first of the two numbers per token is β
record DeltaMemory(Tensor q, Tensor k, Tensor v, Tensor gate) {

  /// Leaves `[batch, width, 1]` and beta `[batch, 1, 1]`, or a sequence of them.
  record Token(Tensor q, Tensor k, Tensor v, Tensor beta) {}

  static DeltaMemory init(Key key, int width) {
    return new DeltaMemory(
        weight(key.fold(0), width, width),
        weight(key.fold(1), width, width),
        weight(key.fold(2), width, width),
        weight(key.fold(3), width, 2));
  }

  static Tensor weight(Key key, int in, int out) {
    return key.normal(DType.FLOAT32, in, out).div(Math.sqrt(in));
  }

  /// The answers `[time, batch, width, 1]` to x `[time, batch, width]`.
  static Tensor over(DeltaMemory p, Tensor x) {
    int batch = x.shape().dim(1);
    int width = x.shape().dim(2);
    Tensor beta = x.matmul(p.gate).sigmoid().slice(2, 0, 1);
    Token tokens =
        new Token(
            MemorySequence.normalized(x.matmul(p.q)).expandDims(3),
            MemorySequence.normalized(x.matmul(p.k)).expandDims(3),
            x.matmul(p.v).expandDims(3),
            beta.expandDims(3));
    Tensor empty = Tensor.zeros(x.dtype(), batch, width, width);
    return scan(DeltaMemory::write, empty, tokens).outputs();
  }

  private static Step<Tensor, Tensor> write(Tensor s, Token now) {
    Tensor surprise = now.v().minus(s.matmul(now.k())).times(now.beta());
    Tensor next = s.plus(surprise.matmulTransposed(now.k()));
    return new Step<>(next, next.matmul(now.q()));
  }
}
