package nestor.hope;

import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Sequence models that are compared with one another, Behrouz et al., "Nested Learning" (2025),
/// section 9, each a [HopeModel] of equal layers.
///
/// ```java
/// var sizes = Baseline.TRANSFORMER.matched(new HopeModel.Sizes(4, 2, 64, 2, 3), 60_000);
/// HopeModel<?> model = Baseline.TRANSFORMER.init(key, DType.FLOAT32, sizes);
/// Tensor y = model.read(x); // x [8, time, 4], y [8, time, 2]
/// ```
public enum Baseline {
  /// Softmax attention with rotary positions, and an MLP block.
  TRANSFORMER(Channel.MLP) {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(key, dtype, sizes, layer -> attention(layer, dtype, sizes.width()));
    }
  },
  /// Softmax attention with rotary positions, and a continuum memory system.
  HOPE_ATTENTION(Channel.CMS) {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(key, dtype, sizes, layer -> attention(layer, dtype, sizes.width()));
    }
  },
  /// [LinearAttention], and an MLP block.
  LINEAR_ATTENTION(Channel.MLP) {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(
          key, dtype, sizes, layer -> LinearAttention.init(layer, dtype, sizes.width()));
    }
  },
  /// [DeltaNet], and an MLP block.
  DELTA_NET(Channel.MLP) {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(key, dtype, sizes, layer -> DeltaNet.init(layer, dtype, sizes.width()));
    }
  },
  /// [GatedDeltaNet], and an MLP block.
  GATED_DELTA_NET(Channel.MLP) {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(
          key, dtype, sizes, layer -> GatedDeltaNet.init(layer, dtype, sizes.width()));
    }
  },
  /// [Titans] with a deep memory, and an MLP block.
  TITANS(Channel.MLP) {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      int width = sizes.width();
      return HopeModel.init(key, dtype, sizes, layer -> Titans.init(layer, dtype, width, width));
    }
  },
  /// [SelfModifyingTitans] behind a convolution over four tokens, and a continuum memory system.
  HOPE(Channel.CMS) {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      int width = sizes.width();
      return HopeModel.init(
          key,
          dtype,
          sizes,
          layer -> Convolved.of(SelfModifyingTitans.linear(layer, dtype, width), dtype, width, 4));
    }
  },
  /// [Lstm], and an MLP block.
  LSTM(Channel.MLP) {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(
          key, dtype, sizes, layer -> Lstm.init(layer, dtype, sizes.width(), sizes.width()));
    }
  };

  private static final int HEADS = 2;

  /// What stands after the layer that reads the sequence.
  private enum Channel {
    /// One block, an ordinary MLP.
    MLP,
    /// As many blocks as the sizes say.
    CMS
  }

  private final Channel channel;

  Baseline(Channel channel) {
    this.channel = channel;
  }

  /// A model of exactly these sizes.
  abstract HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes);

  private static SoftmaxAttention attention(Key key, DType dtype, int width) {
    int pairs = Math.ceilDiv(width, 2 * HEADS);
    return SoftmaxAttention.init(key, dtype, width, HEADS, 2 * pairs);
  }

  /// A model of these sizes; a model with MLP blocks has one block in each layer, whatever the
  /// sizes say.
  public HopeModel<?> init(Key key, DType dtype, HopeModel.Sizes sizes) {
    return model(key, dtype, sizes.withBlocks(blocks(sizes)));
  }

  private int blocks(HopeModel.Sizes sizes) {
    return switch (channel) {
      case MLP -> 1;
      case CMS -> sizes.blocks();
    };
  }

  /// The sizes with the width at which the model has as nearly as possible a number of parameters.
  public HopeModel.Sizes matched(HopeModel.Sizes sizes, int parameters) {
    int high = 1; // a width with enough parameters
    while (parameters(sizes.withWidth(high)) < parameters) {
      high *= 2;
    }
    int low = high / 2; // a width with too few, or 0
    while (high - low > 1) {
      int middle = (low + high) / 2;
      if (parameters(sizes.withWidth(middle)) < parameters) {
        low = middle;
      } else {
        high = middle;
      }
    }
    boolean isFewerNearer =
        low > 0
            && parameters - parameters(sizes.withWidth(low))
                < parameters(sizes.withWidth(high)) - parameters;
    return sizes.withWidth(isFewerNearer ? low : high);
  }

  /// How many numbers a model of these sizes learns.
  public long parameters(HopeModel.Sizes sizes) {
    HopeModel<?> model = init(Key.of(0), DType.FLOAT32, sizes);
    return Tree.leaves(model).stream().map(Tensor::shape).mapToLong(shape -> shape.size()).sum();
  }
}
