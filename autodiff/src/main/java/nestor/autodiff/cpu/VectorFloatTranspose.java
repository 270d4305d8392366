package nestor.autodiff.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Transposed copies of square blocks for `float`: log₂ of the width rounds, in each of which pairs
/// of vectors exchange half of their lanes.
final class VectorFloatTranspose {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /// Rows and columns of a block.
  static final int WIDTH = SPECIES.length();

  /// Whether the rounds are spelled out for this width.
  static final boolean AVAILABLE = WIDTH == 8 || WIDTH == 16;

  /// Elements of working memory.
  static final int SCRATCH = WIDTH * WIDTH;

  private static final VectorMask<Float> HIGH8 = high(8);
  private static final VectorMask<Float> HIGH4 = high(4);
  private static final VectorMask<Float> HIGH2 = high(2);
  private static final VectorMask<Float> HIGH1 = high(1);
  private static final VectorShuffle<Float> SWAP8 = swap(8);
  private static final VectorShuffle<Float> SWAP4 = swap(4);
  private static final VectorShuffle<Float> SWAP2 = swap(2);
  private static final VectorShuffle<Float> SWAP1 = swap(1);

  private VectorFloatTranspose() {}

  /// The lanes l with `l & distance` set.
  private static VectorMask<Float> high(int distance) {
    boolean[] high = new boolean[WIDTH];
    for (int l = 0; l < WIDTH; l++) {
      high[l] = (l & distance) != 0;
    }
    return VectorMask.fromArray(SPECIES, high, 0);
  }

  /// Exchanges lanes l and `l ^ distance`, if a vector has both.
  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(SPECIES, l -> (l ^ distance) % WIDTH);
  }

  /// Element (i, j) of the block, at `from + i·line + j`, goes to `to + j·grain + i`.
  static void block(float[] x, int from, int line, float[] y, int to, int grain, float[] scratch) {
    for (int i = 0; i < 4; i++) {
      if (WIDTH == 16) {
        outer16(x, from + i * line, 4 * line, scratch, i * WIDTH);
      } else {
        outer8(x, from + i * line, 4 * line, scratch, i * WIDTH);
      }
    }
    for (int i = 0; i < WIDTH; i += 4) {
      inner(scratch, i * WIDTH, y, to + i * grain, grain);
    }
  }

  private static void outer16(float[] x, int from, int step, float[] y, int to) {
    var a = load(x, from);
    var b = load(x, from + step);
    var c = load(x, from + 2 * step);
    var d = load(x, from + 3 * step);
    var e = a.blend(c.rearrange(SWAP8), HIGH8);
    var f = b.blend(d.rearrange(SWAP8), HIGH8);
    var g = a.rearrange(SWAP8).blend(c, HIGH8);
    var h = b.rearrange(SWAP8).blend(d, HIGH8);
    e.blend(f.rearrange(SWAP4), HIGH4).intoArray(y, to);
    e.rearrange(SWAP4).blend(f, HIGH4).intoArray(y, to + 4 * WIDTH);
    g.blend(h.rearrange(SWAP4), HIGH4).intoArray(y, to + 8 * WIDTH);
    g.rearrange(SWAP4).blend(h, HIGH4).intoArray(y, to + 12 * WIDTH);
  }

  private static void outer8(float[] x, int from, int step, float[] y, int to) {
    var a = load(x, from);
    var b = load(x, from + step);
    a.blend(b.rearrange(SWAP4), HIGH4).intoArray(y, to);
    a.rearrange(SWAP4).blend(b, HIGH4).intoArray(y, to + 4 * WIDTH);
  }

  private static void inner(float[] x, int from, float[] y, int to, int grain) {
    var a = load(x, from);
    var b = load(x, from + WIDTH);
    var c = load(x, from + 2 * WIDTH);
    var d = load(x, from + 3 * WIDTH);
    var e = a.blend(c.rearrange(SWAP2), HIGH2);
    var f = b.blend(d.rearrange(SWAP2), HIGH2);
    var g = a.rearrange(SWAP2).blend(c, HIGH2);
    var h = b.rearrange(SWAP2).blend(d, HIGH2);
    e.blend(f.rearrange(SWAP1), HIGH1).intoArray(y, to);
    e.rearrange(SWAP1).blend(f, HIGH1).intoArray(y, to + grain);
    g.blend(h.rearrange(SWAP1), HIGH1).intoArray(y, to + 2 * grain);
    g.rearrange(SWAP1).blend(h, HIGH1).intoArray(y, to + 3 * grain);
  }

  private static FloatVector load(float[] x, int at) {
    return FloatVector.fromArray(SPECIES, x, at);
  }
}
