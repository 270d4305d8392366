package nestor.examples.original;

import static nestor.autodiff.Transform.valueAndGradWithAux;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.ValueGradAndAux;
import nestor.autodiff.Transform.WithAux;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Losses;
import nestor.examples.original.RateGenerator.Rates;
import nestor.examples.original.SeedModel.Out;
import nestor.meta.Adam;
import nestor.meta.GradientClip;

/// The original program between two steps.
///
/// @param model the network
/// @param memories its memories, which every forward pass writes
/// @param buffer the momentum buffer, a tree like the network
/// @param meta the meta-optimizer in training
/// @param history the losses and gradient norms so far
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
        History.EMPTY);
  }

  /// The same with other memories.
  SeedTraining withMemories(List<Tensor> others) {
    return new SeedTraining(model, others, buffer, meta, history);
  }

  /// The figures of one step.
  record Figures(
      double loss,
      double metaLoss,
      double rate,
      double momentum,
      double gradNorm,
      double metaGradNorm) {

    /// The figures by the names that traces and `metrics.jsonl` use.
    Map<String, Double> byName() {
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put("loss", loss);
      figures.put("metaLoss", metaLoss);
      figures.put("lr", rate);
      figures.put("momentum", momentum);
      figures.put("gradNorm", gradNorm);
      figures.put("metaGradNorm", metaGradNorm);
      return figures;
    }
  }

  /// What a step gives: the next state, its figures, and the two gradients (the meta-gradient after
  /// clipping).
  record Step(SeedTraining next, Figures figures, SeedModel gradient, RateGenerator metaGradient) {}

  private record Lookahead(Rates rates, List<Tensor> memories) {}

  /// One step on x `[batch, in]` and y `[batch, out]`.
  Step step(Tensor x, Tensor y) {
    var inner = valueAndGradWithAux((SeedModel m) -> loss(m, memories, x, y), model);
    SeedModel g = inner.gradient();
    double loss = inner.value().item();
    double gradNorm = Tree.norm(g).item();
    Tensor features = history.features(loss, gradNorm, x);

    ValueGradAndAux<RateGenerator, Lookahead> outer =
        valueAndGradWithAux(
            generator -> {
              Rates rates = generator.at(features);
              SeedModel moved = Tree.zip(model, movement(rates, g), Tensor::minus);
              WithAux<List<Tensor>> after = loss(moved, inner.aux(), x, y);
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
            outer.value().item(),
            rates.rate().item(),
            rates.momentum().item(),
            gradNorm,
            Tree.norm(outer.gradient()).item());
    return new Step(next, figures, g, clipped);
  }

  /// rate · (momentum · buffer + g)
  private SeedModel movement(Rates rates, SeedModel g) {
    return Tree.zip(buffer, g, (b, d) -> b.times(rates.momentum()).plus(d).times(rates.rate()));
  }

  private static WithAux<List<Tensor>> loss(
      SeedModel model, List<Tensor> memories, Tensor x, Tensor y) {
    Out out = model.apply(x, memories);
    return new WithAux<>(Losses.mse(out.value(), y), out.memories());
  }

  /// The prediction for x and the state after it: testing writes the memories too.
  Prediction predict(Tensor x) {
    Out out = model.apply(x, memories);
    return new Prediction(out.value(), withMemories(out.memories()));
  }

  /// A prediction and the state after it.
  record Prediction(Tensor value, SeedTraining next) {}

  /// Losses and gradient norms of the up to ten latest steps.
  ///
  /// @param losses the oldest first
  /// @param gradNorms the oldest first
  /// @param steps the number of all steps so far
  record History(List<Double> losses, List<Double> gradNorms, int steps) {
    static final History EMPTY = new History(List.of(), List.of(), 0);
    private static final int LENGTH = 10;

    History with(double loss, double gradNorm) {
      return new History(append(losses, loss), append(gradNorms, gradNorm), steps + 1);
    }

    private static List<Double> append(List<Double> items, double item) {
      List<Double> kept = items.subList(Math.max(0, items.size() + 1 - LENGTH), items.size());
      return java.util.stream.Stream.concat(kept.stream(), java.util.stream.Stream.of(item))
          .toList();
    }

    /// The context `[16]` of a step, of the type and on the backend of `like`.
    Tensor features(double loss, double gradNorm, Tensor like) {
      double[] features = new double[RateGenerator.CONTEXT];
      features[0] = loss;
      features[1] = gradNorm;
      features[2] = mean(losses);
      features[3] = mean(gradNorms);
      features[4] = losses.isEmpty() ? 0 : losses.getLast() - losses.getFirst();
      features[5] = steps;
      features[6] = Math.log(steps + 1);
      features[7] = Math.sin(0.1 * steps);
      features[8] = Math.cos(0.1 * steps);
      DType dtype = like.dtype();
      return Tensor.of(features).cast(dtype);
    }

    private static double mean(List<Double> items) {
      return items.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }
  }
}
