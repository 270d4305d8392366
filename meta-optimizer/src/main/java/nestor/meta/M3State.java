package nestor.meta;

import nestor.autodiff.Tensor;

/// Parameters in training by [M3Paper] or [M3Ema].
///
/// @param params Θ
/// @param fast M1, the momentum of every step
/// @param square V, of the squared gradients
/// @param slow M2, the momentum of every block
/// @param recent the sum of the gradients of the block so far
/// @param direction O2, the orthogonal factor of M2 after the last block; 0 in the first one
/// @param step the number of steps taken, `int64`
public record M3State<T>(T params, T fast, T square, T slow, T recent, T direction, Tensor step)
    implements Optimizer.State<T> {}
