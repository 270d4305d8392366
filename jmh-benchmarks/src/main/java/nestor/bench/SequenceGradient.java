package nestor.bench;

import static nestor.autodiff.Transform.grad;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.train.Mode;

/// The gradient of a sequence layer's outputs' mean square with respect to its parameters, which
/// are a tree.
///
/// @param workload the workload's name
/// @param parameters the size
/// @param init parameters of a key
/// @param over the outputs for x
/// @param x the shape of the sequences
record SequenceGradient<P>(
    String workload,
    Map<String, Object> parameters,
    Function<Key, P> init,
    BiFunction<P, Tensor, Tensor> over,
    Shape x)
    implements Case {
  private record Given<P>(P parameters, Tensor x) {}

  /// A size under the names that the peers print.
  static Map<String, Object> size(String kind, int batch, int length, int width) {
    Map<String, Object> size = new LinkedHashMap<>();
    size.put("kind", kind);
    size.put("batch", batch);
    size.put("length", length);
    size.put("width", width);
    return size;
  }

  @Override
  public Map<String, Object> parameters() {
    return Collections.unmodifiableMap(parameters);
  }

  @Override
  public double seconds() {
    return 2;
  }

  private P of(Given<P> given) {
    return grad((P p) -> over.apply(p, given.x()).square().mean(), given.parameters());
  }

  private Function<Given<P>, P> in(Mode mode) {
    return mode.of((Given<P> given) -> of(given));
  }

  private Given<P> draw() {
    Key key = Key.of(0);
    return new Given<>(init.apply(key.fold(0)), key.fold(1).normal(DType.FLOAT32, x.toArray()));
  }

  @Override
  public Cost cost() {
    return Cost.of(Transform.compile((Given<P> given) -> of(given)).plan(draw()), 1);
  }

  @Override
  public Step start(Mode mode) {
    Given<P> given = draw();
    var gradient = in(mode);
    return () -> gradient.apply(given);
  }

  @Override
  public Deviation check(Mode mode) {
    Given<P> given = draw();
    P single = in(mode).apply(given);
    P twice = of(Draws.in(DType.FLOAT64, given));
    return Deviation.of(single, twice, "the gradient in float64", 1e-3);
  }

  /// All numbers of the gradient where parameters and x are waves, as in the peers.
  Tensor small(Mode mode, DType dtype) {
    P waves = Draws.waves(init.apply(Key.of(0)), 0.6, dtype);
    return Draws.flat(in(mode).apply(new Given<>(waves, Draws.wave(100, 1, dtype, x.toArray()))));
  }
}
