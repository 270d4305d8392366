package nestor.examples.quickstart;

import java.util.Locale;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.hope.DeltaNet;
import nestor.hope.GatedDeltaNet;
import nestor.hope.HopeModel;
import nestor.hope.LinearAttention;
import nestor.hope.NoMemory;
import nestor.hope.SoftmaxAttention;
import nestor.hope.Titans;

/// The memory that each layer has for a sample. Self-modifying Titans are not among them: they read
/// before they write, so that on a sequence of one token nothing of what writes could be learned.
public enum LayerMemory {
  /// The delta rule with forgetting.
  GATED_DELTA {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(
          key, dtype, sizes, layer -> GatedDeltaNet.init(layer, dtype, sizes.width()));
    }
  },
  /// The delta rule.
  DELTA {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(key, dtype, sizes, layer -> DeltaNet.init(layer, dtype, sizes.width()));
    }
  },
  /// Linear attention.
  LINEAR_ATTENTION {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(
          key, dtype, sizes, layer -> LinearAttention.init(layer, dtype, sizes.width()));
    }
  },
  /// Softmax attention.
  SOFTMAX_ATTENTION {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(
          key, dtype, sizes, layer -> SoftmaxAttention.init(layer, dtype, sizes.width(), 1, 16));
    }
  },
  /// The deep memory of Titans.
  TITANS {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      int width = sizes.width();
      return HopeModel.init(key, dtype, sizes, layer -> Titans.init(layer, dtype, width, width));
    }
  },
  /// None.
  NONE {
    @Override
    HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes) {
      return HopeModel.init(key, dtype, sizes, layer -> new NoMemory(dtype));
    }
  };

  /// A model of these sizes whose layers have this memory.
  abstract HopeModel<?> model(Key key, DType dtype, HopeModel.Sizes sizes);

  /// The name as it is given to `--set memory=`.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
