package nestor.cms;

import nestor.autodiff.Tensor;
import nestor.meta.Level.ThroughWrites;
import nestor.meta.Optimizer;

/// How one block of an [OnlineCms] is written within a sequence.
///
/// @param writer when and by what, in tokens
/// @param throughWrites whether gradients flow through its writes: if stopped, what was written is
///   a constant to everything that differentiates the sequence, and the block's weights have the
///   derivative of the weights that they started from (first-order MAML)
public record OnlineLevel(Writer writer, ThroughWrites throughWrites) {
  /// A level that writes after tokens `period`, 2 `period`, …, differentiated through.
  public static OnlineLevel every(int period, Optimizer by) {
    return new OnlineLevel(new Writer.Every(period, by), ThroughWrites.DIFFERENTIATED);
  }

  /// A level with a learned period, see [Writer.Learned]; differentiated through.
  public static OnlineLevel learned(Tensor logPause, Tensor temperature, Optimizer by) {
    return new OnlineLevel(
        new Writer.Learned(logPause, temperature, by), ThroughWrites.DIFFERENTIATED);
  }

  /// A level that is not written, an ordinary block with one set of weights for all samples.
  public static OnlineLevel never() {
    return new OnlineLevel(new Writer.Never(), ThroughWrites.DIFFERENTIATED);
  }

  /// This level with its writes constants to what differentiates the sequence.
  public OnlineLevel stopped() {
    return new OnlineLevel(writer, ThroughWrites.STOPPED);
  }

  boolean isWritten() {
    return !(writer instanceof Writer.Never);
  }
}
