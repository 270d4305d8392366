package nestor.autodiff;

import java.util.Arrays;
import java.util.List;

/// What a [scan][Transform#scan] keeps of its forward pass for the backward pass, which computes
/// the rest again. Values and first derivatives are the same to the bit.
public enum Keep {
  /// The carry of every step: memory for T carries, and each step is computed twice.
  ALL {
    @Override
    Tensor[] scan(Graph body, int length, Tensor[] init, Tensor[] xs) {
      return Scan.call(body, length, Scan.Direction.FORWARD, init, xs);
    }
  },

  /// The carry of every √T-th step, and of √T steps at a time in the backward pass: memory for some
  /// 2√T carries, and each step is computed three times (Chen et al., "Training deep nets with
  /// sublinear memory cost", 2016).
  SQRT {
    @Override
    Tensor[] scan(Graph body, int length, Tensor[] init, Tensor[] xs) {
      int segments = (int) Math.ceil(Math.sqrt(length));
      int steps = length / Math.max(segments, 1);
      if (steps < 2) {
        return ALL.scan(body, length, init, xs);
      }
      int covered = segments * steps;
      Graph segment =
          Recorder.trace(
              "scan",
              all ->
                  ALL.scan(
                      body,
                      steps,
                      Arrays.copyOf(all, init.length),
                      Arrays.copyOfRange(all, init.length, all.length)),
              segmentTypes(init, xs, steps),
              init);
      Tensor[] cut = xs.clone();
      for (int i = 0; i < xs.length; i++) {
        Shape shape = xs[i].shape().dropFirst().prepend(steps).prepend(segments);
        cut[i] = part(xs[i], 0, covered).reshape(shape);
      }
      Tensor[] out = ALL.scan(segment, segments, init, cut);
      for (int i = init.length; i < out.length; i++) {
        Shape shape = out[i].shape();
        out[i] = out[i].reshape(shape.range(2, shape.rank()).prepend(covered));
      }
      if (covered == length) {
        return out;
      }
      Tensor[] left = xs.clone();
      Arrays.setAll(left, i -> part(xs[i], covered, length));
      Tensor[] rest = ALL.scan(body, length - covered, Arrays.copyOf(out, init.length), left);
      for (int i = init.length; i < out.length; i++) {
        rest[i] = Tensor.concat(0, List.of(out[i], rest[i]));
      }
      return rest;
    }
  };

  /// Scans forward with a traced body.
  abstract Tensor[] scan(Graph body, int length, Tensor[] init, Tensor[] xs);

  private static TensorType[] segmentTypes(Tensor[] init, Tensor[] xs, int steps) {
    TensorType[] types = Arrays.copyOf(Dispatch.types(init), init.length + xs.length);
    for (int i = 0; i < xs.length; i++) {
      types[init.length + i] =
          new TensorType(xs[i].dtype(), xs[i].shape().dropFirst().prepend(steps));
    }
    return types;
  }

  private static Tensor part(Tensor x, int start, int stop) {
    return stop - start == x.shape().dim(0) ? x : x.slice(0, start, stop);
  }
}
