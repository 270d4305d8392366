package nestor.autodiff;

import java.util.List;

/// Random numbers as a pure function of a key: from `key [..., 4]` (`int32`) independent numbers of
/// the shape `[..., shape]`.
///
/// @param distribution what is drawn
/// @param shape the shape drawn for each key
public record Random(Distribution distribution, Shape shape) implements DiscreteOp {
  /// What is drawn.
  public sealed interface Distribution permits Words, Uniform, Normal, Integers {
    /// The element type of the numbers.
    DType dtype();
  }

  /// Uniform 32-bit words (`int32`).
  ///
  /// @param domain keeps streams apart that come of one key
  /// @param start the block of four words at which the stream starts
  public record Words(int domain, int start) implements Distribution {
    @Override
    public DType dtype() {
      return DType.INT32;
    }
  }

  /// Uniform in [0, 1): multiples of 2⁻⁵³ (`float64`) or 2⁻²⁴ (`float32`).
  ///
  /// @param dtype a floating type
  public record Uniform(DType dtype) implements Distribution {}

  /// Standard normal, see [NormalQuantile].
  ///
  /// @param dtype a floating type
  public record Normal(DType dtype) implements Distribution {}

  /// Uniform integers (`int64`) in [low, high), with a bias below (high − low) / 2⁶⁴.
  ///
  /// @param low the smallest number
  /// @param high the bound, above `low` by less than 2⁶³
  public record Integers(long low, long high) implements Distribution {
    @Override
    public DType dtype() {
      return DType.INT64;
    }
  }

  @Override
  public TensorType result(TensorType[] in) {
    Shape key = in[0].shape();
    if (in[0].dtype() != DType.INT32 || key.rank() < 1 || key.dim(-1) != 4) {
      throw new Mismatch("a key must be int32[..., 4]");
    }
    switch (distribution) {
      case Words words -> {}
      case Integers(long low, long high) -> {
        if (high <= low || high - low < 0) {
          throw new Mismatch("cannot draw integers in [%d, %d)".formatted(low, high));
        }
      }
      case Uniform(DType dtype) -> Pointwise.floating(new TensorType(dtype, shape));
      case Normal(DType dtype) -> Pointwise.floating(new TensorType(dtype, shape));
    }
    return new TensorType(distribution.dtype(), key.range(0, key.rank() - 1).plus(shape));
  }

  @Override
  public void forward(Cells[] in, Cells out) {
    int[] block = new int[4];
    for (int i = 0; i < in[0].size() / 4; i++) {
      fill(in[0], 4 * i, block, out, i * shape.size());
    }
  }

  private void fill(Cells keys, int key, int[] block, Cells out, int offset) {
    boolean wide = distribution.dtype().bytes() == 8;
    int perBlock = wide ? 2 : 4;
    int domain = distribution instanceof Words words ? words.domain : 0;
    int start = distribution instanceof Words words ? words.start : 0;
    for (int i = 0; i < shape.size(); i++) {
      if (i % perBlock == 0) {
        Philox.block(keys, key, start + i / perBlock, domain, block);
      }
      int word = block[i % perBlock * (wide ? 2 : 1)];
      long pair = wide ? (long) word << 32 | (block[i % perBlock * 2 + 1] & 0xffffffffL) : 0;
      switch (distribution) {
        case Words words -> out.integer(offset + i, word);
        case Integers(long low, long high) ->
            out.integer(offset + i, low + Math.unsignedMultiplyHigh(pair, high - low));
        case Uniform(DType dtype) ->
            out.real(offset + i, wide ? (pair >>> 11) * 0x1p-53 : (word >>> 8) * 0x1p-24);
        case Normal(DType dtype) ->
            out.real(
                offset + i,
                wide
                    ? NormalQuantile.of(((pair >>> 12) + 0.5) * 0x1p-52)
                    : NormalQuantile.of(((word >>> 9) + 0.5f) * 0x1p-23f));
      }
    }
  }

  @Override
  public Tensor batch(Tensor[] in, boolean[] mapped, int size) {
    return Dispatch.apply(this, in);
  }

  static List<Sample> samples(Sampler draw) {
    Tensor key = draw.key();
    Tensor keys = draw.keys(3);
    return List.of(
        Sample.of(new Random(new Words(1, 0), Shape.of(3, 4)), key),
        Sample.of(new Random(new Uniform(draw.dtype()), Shape.SCALAR), key),
        Sample.of(new Random(new Uniform(draw.dtype()), Shape.of(0)), key),
        Sample.of(new Random(new Uniform(draw.dtype()), Shape.of(17)), keys),
        Sample.of(new Random(new Normal(draw.dtype()), Shape.of(3, 5)), keys),
        Sample.of(new Random(new Integers(-3, 9), Shape.of(7)), key));
  }
}
