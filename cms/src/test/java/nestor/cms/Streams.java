package nestor.cms;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;

/// Small systems and the streams that they read.
final class Streams {
  static final Key KEY = Key.of(407);
  static final int WIDTH = 3;

  private Streams() {}

  static List<Block> blocks(DType dtype, int count) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      blocks.add(ResidualMlp.init(KEY.fold("block").fold(i), dtype, WIDTH, 5));
    }
    return List.copyOf(blocks);
  }

  static Cms.Sequential chain(DType dtype, int count) {
    return new Cms.Sequential(blocks(dtype, count));
  }

  static Cms.HeadWise headWise(DType dtype, int count) {
    Tensor logits = KEY.fold("logits").normal(dtype, count);
    return new Cms.HeadWise(blocks(dtype, count), logits);
  }

  static Tensor tokens(String name, DType dtype, int samples, int time) {
    return KEY.fold(name).normal(dtype, samples, time, WIDTH);
  }

  /// Levels with these periods that descend with different rates; 0 is never.
  static List<OnlineLevel> levels(int... periods) {
    List<OnlineLevel> levels = new ArrayList<>();
    for (int i = 0; i < periods.length; i++) {
      levels.add(
          periods[i] == 0
              ? OnlineLevel.never()
              : OnlineLevel.every(periods[i], GradientDescent.withRate(rate(i))));
    }
    return levels;
  }

  static double rate(int level) {
    return 0.01 / (1 + level);
  }

  /// The first samples.
  static Tensor samples(Tensor all, int from, int to) {
    return all.slice(0, from, to);
  }

  static OnlineCms.Out read(OnlineCms online, Tensor x, Tensor target) {
    return online.apply(x, target, online.start(x.shape().dim(0)));
  }
}
