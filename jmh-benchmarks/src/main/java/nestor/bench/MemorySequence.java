package nestor.bench;

import static nestor.autodiff.Transform.grad;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform;
import nestor.train.Mode;

/// Forward and backward of a memory over sequences, token by token: the gradient of its outputs'
/// mean square with respect to projections, gates and the memory that a sequence begins with.
public final class MemorySequence implements Workload {
  private static final String NAME = "memory_sequence";
  private static final Kind<DeltaMemory> DELTA =
      new Kind<>("delta", DeltaMemory::init, DeltaMemory::over);
  private static final Kind<TitansMemory> TITANS =
      new Kind<>("titans", TitansMemory::init, TitansMemory::over);

  /// A kind of memory, whose parameters are a tree.
  ///
  /// @param init parameters for a width
  /// @param over the answers to x `[time, batch, width]`
  private record Kind<P>(
      String name, BiFunction<Key, Integer, P> init, BiFunction<P, Tensor, Tensor> over) {
    P gradient(Given<P> given) {
      return grad((P p) -> over.apply(p, given.x()).square().mean(), given.parameters());
    }
  }

  private record Given<P>(P parameters, Tensor x) {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (Kind<?> kind : List.of(DELTA, TITANS)) {
      cases.add(new Backward<>(kind, 8, 64, 32));
      cases.add(new Backward<>(kind, 8, 256, 64));
      cases.add(new Backward<>(kind, 4, 1024, 64));
    }
    return List.copyOf(cases);
  }

  /// The delta rule over a batch of sequences.
  public static Case delta(int batch, int length, int width) {
    return new Backward<>(DELTA, batch, length, width);
  }

  /// The Titans memory over a batch of sequences.
  public static Case titans(int batch, int length, int width) {
    return new Backward<>(TITANS, batch, length, width);
  }

  /// Vectors along the last axis, divided by their length.
  static Tensor normalized(Tensor x) {
    return x.div(x.square().sumKeepDims(-1).sqrt().maximum(1e-12));
  }

  private record Backward<P>(Kind<P> kind, int batch, int length, int width) implements Case {
    @Override
    public String workload() {
      return NAME;
    }

    @Override
    public Map<String, Object> parameters() {
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("kind", kind.name());
      parameters.put("batch", batch);
      parameters.put("length", length);
      parameters.put("width", width);
      return parameters;
    }

    @Override
    public double seconds() {
      return 2;
    }

    private Given<P> draw() {
      Key key = Key.of(0);
      return new Given<>(
          kind.init().apply(key.fold(0), width),
          key.fold(1).normal(DType.FLOAT32, length, batch, width));
    }

    @Override
    public Cost cost() {
      return Cost.of(Transform.compile((Given<P> now) -> kind.gradient(now)).plan(draw()), 1);
    }

    @Override
    public Step start(Mode mode) {
      Given<P> given = draw();
      var gradient = mode.of((Given<P> now) -> kind.gradient(now));
      return () -> gradient.apply(given);
    }

    @Override
    public Deviation check(Mode mode) {
      Given<P> given = draw();
      P single = mode.of((Given<P> now) -> kind.gradient(now)).apply(given);
      P twice = kind.gradient(Draws.in(DType.FLOAT64, given));
      return Deviation.of(single, twice, "the gradient in float64", 1e-3);
    }
  }

  @Override
  public Map<String, Tensor> small(Mode mode, DType dtype) {
    Map<String, Tensor> figures = new LinkedHashMap<>();
    figures.put("delta", small(DELTA, mode, dtype));
    figures.put("titans", small(TITANS, mode, dtype));
    return figures;
  }

  private static <P> Tensor small(Kind<P> kind, Mode mode, DType dtype) {
    P parameters = Draws.waves(kind.init().apply(Key.of(0), 3), 0.6, dtype);
    Tensor x = Draws.wave(100, 1, dtype, 5, 2, 3);
    var gradient = mode.of((Given<P> given) -> kind.gradient(given));
    return Draws.flat(gradient.apply(new Given<>(parameters, x)));
  }
}
