package nestor.bench;

import static nestor.autodiff.Transform.valueAndGradWithAux;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.WithAux;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Linear;
import nestor.autodiff.nn.Losses;
import nestor.bench.NestedModel.Out;
import nestor.bench.NestedModel.Sizes;
import nestor.bench.StepGenerator.Rates;
import nestor.meta.Adam;
import nestor.meta.GradientClip;
import nestor.train.Mode;

/// One nested training step: a loss, its gradient, a generated rate and momentum, the
/// differentiable update, the loss after it, the meta-gradient through the update, Adam on the
/// generator, and the update of the network with momentum.
public final class NestedStep implements Workload {
  private static final String NAME = "nested_step";
  private static final Adam ADAM = Adam.withRate(1e-5).withWeightDecay(1e-6);

  /// A network and its generator between two steps.
  ///
  /// @param model the network
  /// @param memories its memories, which every forward pass writes
  /// @param buffers momentum, a tree like the network
  /// @param meta the generator in training
  /// @param step the number of steps taken
  /// @param losses of the last step, before and after the generated update, `[2]`
  record State(
      NestedModel model,
      List<Tensor> memories,
      NestedModel buffers,
      Adam.State<StepGenerator> meta,
      Tensor step,
      Tensor losses) {

    static State start(NestedModel model, StepGenerator generator) {
      return new State(
          model,
          model.emptyMemories(),
          Tree.map(model, Tensor::zerosLike),
          ADAM.start(generator),
          Tensor.zeros(DType.FLOAT32),
          Tensor.zeros(DType.FLOAT32, 2));
    }
  }

  /// A batch: x `[batch, in]`, y `[batch, out]`.
  record Data(Tensor x, Tensor y) {
    static Data draw(Key key, Sizes sizes, DType dtype) {
      Tensor x = key.fold(0).normal(DType.FLOAT32, sizes.batch(), sizes.in()).cast(dtype);
      Tensor noise = key.fold(1).normal(DType.FLOAT32, sizes.batch(), sizes.out()).cast(dtype);
      return new Data(x, x.sumKeepDims(1).plus(noise.times(0.01)));
    }
  }

  private record Drawn(State state, Key key) {}

  private record Lookahead(Rates rates, List<Tensor> memories) {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Case> cases() {
    return List.of(at(32, 1), at(32, 32), at(128, 32), at(256, 64), at(512, 128));
  }

  /// The step at another width and batch.
  public static Case at(int hidden, int batch) {
    Sizes sizes = new Sizes(4, 1, hidden, 2, batch);
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("hidden", hidden);
    parameters.put("batch", batch);
    parameters.put("layers", sizes.layers());
    return new Training<Drawn>(
        NAME,
        parameters,
        2,
        dtype -> Draws.in(dtype, start(sizes)),
        drawn -> {
          DType dtype = drawn.state().losses().dtype();
          State next = next(drawn.state(), Data.draw(drawn.key(), sizes, dtype));
          return new Drawn(next, drawn.key().fold(2));
        });
  }

  private static Drawn start(Sizes sizes) {
    Key key = Key.of(0);
    NestedModel model = NestedModel.init(key.fold("model"), sizes);
    StepGenerator generator = StepGenerator.init(key.fold("generator"));
    return new Drawn(State.start(model, generator), key.fold("data"));
  }

  private static State next(State now, Data data) {
    var inner = valueAndGradWithAux((NestedModel m) -> loss(m, now.memories(), data), now.model());
    NestedModel g = inner.gradient();
    Tensor context = context(inner.value(), Tree.norm(g), now.step());
    var outer =
        valueAndGradWithAux(
            (StepGenerator generator) -> {
              Rates rates = generator.at(context);
              NestedModel moved =
                  Tree.zip(
                      now.model(),
                      momentum(now.buffers(), g, rates),
                      (p, b) -> p.minus(b.times(rates.rate())));
              WithAux<List<Tensor>> after = loss(moved, inner.aux(), data);
              return new WithAux<>(after.value(), new Lookahead(rates, after.aux()));
            },
            now.meta().params());
    Rates rates = outer.aux().rates();
    NestedModel buffers = momentum(now.buffers(), g, rates);
    return new State(
        Tree.zip(now.model(), buffers, (p, b) -> p.minus(b.times(rates.rate()))),
        outer.aux().memories(),
        buffers,
        ADAM.next(now.meta(), GradientClip.byGlobalNorm(outer.gradient(), 1)),
        now.step().plus(1),
        Tensor.stack(0, List.of(inner.value(), outer.value())));
  }

  private static NestedModel momentum(NestedModel buffers, NestedModel gradient, Rates rates) {
    return Tree.zip(buffers, gradient, (b, g) -> b.times(rates.momentum()).plus(g));
  }

  private static WithAux<List<Tensor>> loss(NestedModel model, List<Tensor> memories, Data data) {
    Out out = model.apply(data.x(), memories);
    return new WithAux<>(Losses.mse(out.value(), data.y()), out.memories());
  }

  /// What the generator sees `[16]`: loss, norm of the gradient, three zeros, the number of the
  /// step in four forms, zeros.
  private static Tensor context(Tensor loss, Tensor norm, Tensor step) {
    Tensor zero = loss.zerosLike();
    Tensor phase = step.times(0.1);
    List<Tensor> seen =
        List.of(loss, norm, zero, zero, zero, step, step.log1p(), phase.sin(), phase.cos());
    return Tensor.stack(
        0, Stream.concat(seen.stream(), Stream.generate(() -> zero)).limit(16).toList());
  }

  @Override
  public Map<String, Tensor> small(Mode mode, DType dtype) {
    Sizes sizes = new Sizes(3, 2, 4, 2, 3);
    NestedModel model = Draws.waves(NestedModel.init(Key.of(0), sizes), 0.4, dtype);
    StepGenerator waves = Draws.waves(StepGenerator.init(Key.of(0)), 0.3, dtype);
    Linear rate2 = // so that the rate is inside its bounds
        new Linear(waves.rate2().weight(), Tensor.full(dtype, -6, 1));
    StepGenerator generator =
        new StepGenerator(
            waves.body1(),
            waves.body2(),
            waves.rate1(),
            rate2,
            waves.momentum1(),
            waves.momentum2());
    Data data = new Data(Draws.wave(100, 1, dtype, 3, 3), Draws.wave(101, 1, dtype, 3, 2));
    var step = mode.step((State now) -> next(now, data));
    State now = Draws.in(dtype, State.start(model, generator));
    Tensor[] losses = new Tensor[3];
    for (int i = 0; i < losses.length; i++) {
      now = step.apply(now);
      losses[i] = now.losses().times(1); // a copy, since the next step takes the state over
    }
    Map<String, Tensor> figures = new LinkedHashMap<>();
    figures.put("losses", Tensor.concat(0, List.of(losses)));
    figures.put("input", now.model().input().weight());
    figures.put("memory", now.memories().getLast());
    figures.put("meta_mean", now.meta().mean().body1().bias());
    return figures;
  }
}
