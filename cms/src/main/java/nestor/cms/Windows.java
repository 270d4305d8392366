package nestor.cms;

import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// A piece of a sequence in windows of `size` tokens, cut where the clocks of all levels stand at a
/// multiple of the size. No level writes within a window, so its tokens can be read together.
///
/// Where the first window starts is known only when the piece is read, so there is a window more
/// than the tokens fill, and places without a token hold another one, which counts for nothing.
///
/// @param size the tokens of a window
/// @param count the number of windows
/// @param time the tokens of the piece
/// @param start which place of the first window holds the first token, `int64`, rank 0
record Windows(int size, int count, int time, Tensor start) {
  /// The windows of a piece.
  ///
  /// @param common a divisor of all periods
  /// @param clock how many tokens any of the levels has seen
  static Windows of(int time, int common, Tensor clock) {
    int size = Math.max(1, time / 4); // so that the windows have at most half as many places more
    while (common % size != 0) {
      size--;
    }
    int count = (time + 2 * (size - 1)) / size; // the first token may stand in the last place
    Tensor start =
        size == 1 ? Tensor.scalar(DType.INT64, 0) : clock.remainder(clock.constant(size));
    return new Windows(size, count, time, start);
  }

  /// Windows `[count, samples, size, …]` of `[samples, time, …]`.
  Tensor cut(Tensor piece) {
    Tensor all = size == 1 ? piece : piece.take(tokens().maximum(0).minimum(time - 1), 1);
    return Chunks.cut(all, size);
  }

  /// Whether a place holds a token, `[count, size]`.
  Tensor present() {
    Tensor tokens = tokens();
    return tokens.greaterEqual(tokens.constant(0)).and(tokens.less(time)).reshape(count, size);
  }

  /// The piece `[samples, time, width]` of windows `[count, samples, size, width]`.
  Tensor join(Tensor windows) {
    Tensor all = Chunks.uncut(windows);
    return size == 1 ? all : all.take(Tensor.arange(DType.INT64, time).plus(start), 1);
  }

  /// The token of each place, below 0 or from `time` on where there is none.
  private Tensor tokens() {
    return Tensor.arange(DType.INT64, count * size).minus(start);
  }
}
