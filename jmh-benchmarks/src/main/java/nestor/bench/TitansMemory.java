package nestor.bench;

import static nestor.autodiff.Transform.scan;

import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.nn.Activations;

/// A memory z ↦ z + W₁ silu(W₂ z) that writes itself by one gradient step per token on ½ ‖memory(k)
/// − v‖², with a rate and a decay that the token sets; Behrouz et al., "Titans" (2024), without
/// momentum. The gradient is written out, as in the peer.
///
/// The library's rule always carries the momentum, of as many numbers as the memory: token by
/// token, where the carry's bytes are the floor, it takes some 1.3 times as long. [MemoryChunks]
/// times it.
///
/// @param q `[width, width]`, as are k and v
/// @param w1 the first W₁ `[width, width]`
/// @param w2 the first W₂ `[width, width]`
/// @param gate `[width, 2]`, for rate and decay
record TitansMemory(Tensor q, Tensor k, Tensor v, Tensor w1, Tensor w2, Tensor gate) {

  /// Leaves `[batch, width, 1]`, rate and decay `[batch, 1, 1]`, or a sequence of them.
  record Token(Tensor q, Tensor k, Tensor v, Tensor rate, Tensor decay) {}

  /// The memories of a batch, each `[batch, width, width]`.
  record Fast(Tensor w1, Tensor w2) {
    Tensor at(Tensor z) {
      return z.plus(w1.matmul(Activations.silu(w2.matmul(z))));
    }
  }

  static TitansMemory init(Key key, int width) {
    return new TitansMemory(
        DeltaMemory.weight(key.fold(0), width, width),
        DeltaMemory.weight(key.fold(1), width, width),
        DeltaMemory.weight(key.fold(2), width, width),
        DeltaMemory.weight(key.fold(3), width, width),
        DeltaMemory.weight(key.fold(4), width, width),
        DeltaMemory.weight(key.fold(5), width, 2));
  }

  /// The answers `[time, batch, width, 1]` to x `[time, batch, width]`.
  static Tensor over(TitansMemory p, Tensor x) {
    int batch = x.shape().dim(1);
    int width = x.shape().dim(2);
    Tensor gates = x.matmul(p.gate).sigmoid().expandDims(3);
    Token tokens =
        new Token(
            MemorySequence.normalized(x.matmul(p.q)).expandDims(3),
            MemorySequence.normalized(x.matmul(p.k)).expandDims(3),
            x.matmul(p.v).expandDims(3),
            gates.slice(2, 0, 1).times(0.5),
            gates.slice(2, 1, 2).times(0.1).plus(0.9));
    Fast first =
        new Fast(p.w1.broadcastTo(batch, width, width), p.w2.broadcastTo(batch, width, width));
    return scan(TitansMemory::write, first, tokens).outputs();
  }

  private static Step<Fast, Tensor> write(Fast now, Token token) {
    Fast g = surprise(now, token);
    Fast next =
        new Fast(
            now.w1.times(token.decay()).minus(g.w1.times(token.rate())),
            now.w2.times(token.decay()).minus(g.w2.times(token.rate())));
    return new Step<>(next, next.at(token.q()));
  }

  /// The gradient of half the squared error.
  static Fast surprise(Fast now, Token token) {
    Tensor a = now.w2.matmul(token.k());
    Tensor s = a.sigmoid();
    Tensor h = a.times(s);
    Tensor error = token.k().plus(now.w1.matmul(h)).minus(token.v());
    Tensor slope = s.times(a.times(s.neg().plus(1)).plus(1)); // of silu
    Tensor back = now.w1.transposedMatmul(error).times(slope);
    return new Fast(error.matmulTransposed(h), back.matmulTransposed(token.k()));
  }
}
