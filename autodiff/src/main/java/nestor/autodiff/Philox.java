package nestor.autodiff;

/// The counter-based generator Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random
/// numbers: as easy as 1, 2, 3" (2011).
final class Philox {
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;

  private Philox() {}

  /// Fills `block` with the four words of a counter: words 0 and 1 of the key, which starts at
  /// element `key`, are the cipher's key, words 2 and 3 the counter's upper half, `index` and
  /// `domain` its lower half.
  static void block(Cells keys, int key, int index, int domain, int[] block) {
    cipher(
        (int) keys.integer(key),
        (int) keys.integer(key + 1),
        index,
        domain,
        (int) keys.integer(key + 2),
        (int) keys.integer(key + 3),
        block);
  }

  static void cipher(int k0, int k1, int c0, int c1, int c2, int c3, int[] block) {
    for (int round = 0; round < 10; round++) {
      long p0 = MULTIPLIER_0 * (c0 & 0xffffffffL);
      long p1 = MULTIPLIER_1 * (c2 & 0xffffffffL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    block[0] = c0;
    block[1] = c1;
    block[2] = c2;
    block[3] = c3;
  }
}
