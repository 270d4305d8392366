package nestor.cms;

import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;

/// A piece of a sequence, and the tokens before it since a chunk began, in whole chunks. The last
/// ones may have places without a token, which hold another one that counts for nothing.
///
/// @param size the tokens of a chunk
/// @param count the number of chunks, enough for whatever is pending
/// @param time the tokens of the piece
/// @param before how many tokens came before, `int64`, rank 0
record Chunks(int size, int count, int time, Tensor before) {
  /// The chunks of a piece.
  static Chunks of(int size, int time, Tensor before) {
    return new Chunks(size, Math.max(1, (time + 2 * (size - 1)) / size), time, before);
  }

  /// All tokens `[samples, count · size, …]` of those before `[samples, size, …]` and the piece
  /// `[samples, time, …]`.
  Tensor join(Tensor pending, Tensor piece) {
    Tensor place = Tensor.arange(DType.INT64, count * size);
    Tensor inPiece = place.minus(before).plus(size);
    Tensor from = place.less(before).where(place, inPiece.minimum(size + time - 1));
    return Tensor.concat(1, List.of(pending, piece)).take(from, 1);
  }

  /// Whether a place holds a token, `[count, size]`.
  Tensor present() {
    Tensor place = Tensor.arange(DType.INT64, count * size);
    return place.less(before.plus(time)).reshape(count, size);
  }

  /// Chunks `[count, samples, size, …]` of all tokens.
  Tensor cut(Tensor all) {
    return cut(all, size);
  }

  /// The piece `[samples, time, width]` of chunks `[count, samples, size, width]`.
  Tensor read(Tensor chunks) {
    return uncut(chunks).take(Tensor.arange(DType.INT64, time).plus(before), 1);
  }

  /// The tokens of the chunk that is not complete, `[samples, size, …]`, of all tokens.
  Tensor rest(Tensor all) {
    Tensor begin = before.plus(time).minus(pending());
    Tensor place = Tensor.arange(DType.INT64, size).plus(begin);
    return all.take(place.minimum(count * size - 1), 1);
  }

  /// How many tokens that chunk has.
  Tensor pending() {
    return before.plus(time).remainder(before.constant(size));
  }

  /// Chunks `[n, samples, size, …]` of `[samples, n · size, …]`.
  static Tensor cut(Tensor all, int size) {
    int[] dims = all.shape().toArray();
    int[] cut = new int[dims.length + 1];
    System.arraycopy(dims, 1, cut, 2, dims.length - 1);
    cut[0] = dims[0];
    cut[1] = dims[1] / size;
    cut[2] = size;
    return all.reshape(cut).moveAxis(1, 0);
  }

  /// `[samples, n · size, …]` of chunks `[n, samples, size, …]`.
  static Tensor uncut(Tensor chunks) {
    Tensor all = chunks.moveAxis(0, 1);
    int[] dims = all.shape().toArray();
    int[] uncut = new int[dims.length - 1];
    System.arraycopy(dims, 3, uncut, 2, dims.length - 3);
    uncut[0] = dims[0];
    uncut[1] = dims[1] * dims[2];
    return all.reshape(uncut);
  }
}
