package nestor.examples.original;

import static nestor.autodiff.Transform.valueAndGradWithAux;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.ValueGradAndAux;
import nestor.autodiff.Transform.WithAux;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Losses;
import nestor.examples.original.RateGenerator.Rates;
import nestor.examples.original.SeedModel.Out;
import nestor.meta.Adam;
import nestor.meta.GradientClip;

/// The original program between two steps: a tree, which a step maps to the next one.
///
/// @param model the network
/// @param memories its memories, which every forward pass writes
/// @param buffer the momentum buffer, a tree like the network
/// @param meta the meta-optimizer in training
/// @param history what the meta-optimizer sees of the steps so far
record SeedTraining(
    SeedModel model,
    List<Tensor> memories,
    SeedModel buffer,
    Adam.State<RateGenerator> meta,
    History history) {

  private static final Adam META_OPTIMIZER = Adam.withRate(1e-5).withWeightDecay(1e-6);

  static SeedTraining start(SeedModel model, RateGenerator generator) {
    return new SeedTraining(
        model,
        model.emptyMemories(),
        Tree.map(model, Tensor::zerosLike),
        META_OPTIMIZER.start(generator),
        History.empty());
  }

  /// The same with other memories.
  SeedTraining withMemories(List<Tensor> others) {
    return new SeedTraining(model, others, buffer, meta, history);
  }

  /// The figures of one step, each of rank 0.
  record Figures(
      Tensor loss,
      Tensor metaLoss,
      Tensor rate,
      Tensor momentum,
      Tensor gradNorm,
      Tensor metaGradNorm) {

    /// The figures by the names that traces and `metrics.jsonl` use.
    Map<String, Double> byName() {
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put("loss", loss.item());
      figures.put("metaLoss", metaLoss.item());
      figures.put("lr", rate.item());
      figures.put("momentum", momentum.item());
      figures.put("gradNorm", gradNorm.item());
      figures.put("metaGradNorm", metaGradNorm.item());
      return figures;
    }
  }

  /// What a step gives: the next state, its figures, and the two gradients (the meta-gradient after
  /// clipping).
  record Step(SeedTraining next, Figures figures, SeedModel gradient, RateGenerator metaGradient) {}

  private record Lookahead(Rates rates, List<Tensor> memories) {}

  /// One step on samples, a pure function.
  Step step(Data data) {
    var inner = valueAndGradWithAux((SeedModel m) -> loss(m, memories, data), model);
    SeedModel g = inner.gradient();
    Tensor loss = inner.value();
    Tensor gradNorm = Tree.norm(g);
    Tensor features = history.features(loss, gradNorm);

    ValueGradAndAux<RateGenerator, Lookahead> outer =
        valueAndGradWithAux(
            generator -> {
              Rates rates = generator.at(features);
              SeedModel moved = Tree.zip(model, movement(rates, g), Tensor::minus);
              WithAux<List<Tensor>> after = loss(moved, inner.aux(), data);
              return new WithAux<>(after.value(), new Lookahead(rates, after.aux()));
            },
            meta.params());
    Rates rates = outer.aux().rates();
    RateGenerator clipped = GradientClip.byGlobalNorm(outer.gradient(), 1);
    SeedModel nextBuffer = Tree.zip(buffer, g, (b, d) -> b.times(rates.momentum()).plus(d));
    SeedTraining next =
        new SeedTraining(
            Tree.zip(model, nextBuffer, (p, b) -> p.minus(b.times(rates.rate()))),
            outer.aux().memories(),
            nextBuffer,
            META_OPTIMIZER.next(meta, clipped),
            history.with(loss, gradNorm));
    Figures figures =
        new Figures(
            loss,
            outer.value(),
            rates.rate(),
            rates.momentum(),
            gradNorm,
            Tree.norm(outer.gradient()));
    return new Step(next, figures, g, clipped);
  }

  /// rate · (momentum · buffer + g)
  private SeedModel movement(Rates rates, SeedModel g) {
    return Tree.zip(buffer, g, (b, d) -> b.times(rates.momentum()).plus(d).times(rates.rate()));
  }

  private static WithAux<List<Tensor>> loss(SeedModel model, List<Tensor> memories, Data data) {
    Out out = model.apply(data.x(), memories);
    return new WithAux<>(Losses.mse(out.value(), data.y()), out.memories());
  }

  /// The prediction for x and the state after it: testing writes the memories too.
  Prediction predict(Tensor x) {
    Out out = model.apply(x, memories);
    return new Prediction(out.value(), withMemories(out.memories()));
  }

  /// A prediction and the state after it.
  record Prediction(Tensor value, SeedTraining next) {}
}
