package nestor.examples.original;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.examples.original.SeedTraining.Figures;
import nestor.examples.original.SeedTraining.Prediction;
import nestor.examples.original.SeedTraining.Step;
import nestor.train.Failure;
import nestor.train.Mode;
import nestor.train.conformance.Deviation;
import nestor.train.conformance.ReferenceFile;
import nestor.train.conformance.ReferenceProgram;

/// Runs the original program from a trace's parameters on a trace's data and compares everything.
public final class SeedTrace implements ReferenceProgram {
  @Override
  public boolean accepts(ReferenceFile file) {
    JsonNode description = file.description();
    return description.has("trace") && description.has("hidden") && description.has("layers");
  }

  @Override
  public List<Case> check(ReferenceFile file, Backend backend, Mode mode) {
    Map<String, Tensor> tensors = Tree.map(file.tensors(), tensor -> tensor.on(backend));
    SeedTraining now = start(file.description(), tensors);
    List<Deviation> figures = new ArrayList<>();
    List<Deviation> firstGradients = new ArrayList<>();
    JsonNode trace = file.description().get("trace");
    BiFunction<SeedTraining, Data, Step> take = mode.step(SeedTraining::step);
    for (int i = 0; i < trace.size(); i++) {
      Tensor x = tensor(tensors, "data.x").get(i);
      Step step = take.apply(now, new Data(x, tensor(tensors, "data.y").get(i)));
      if (i == 0) {
        firstGradients.addAll(compare(tensors, "step0.grad.", step.gradient()));
        firstGradients.addAll(compare(tensors, "step0.metagrad_clipped.", step.metaGradient()));
      }
      figures.addAll(compare(i, step.figures(), trace.get(i)));
      now = step.next();
    }
    BiFunction<SeedTraining, Tensor, Prediction> predict = mode.of(SeedTraining::predict);
    Prediction prediction = predict.apply(now, tensor(tensors, "test.x"));
    List<Deviation> parameters = new ArrayList<>();
    parameters.addAll(compare(tensors, "final.model.", now.model()));
    parameters.addAll(compare(tensors, "final.meta.", now.meta().params()));
    List<Tensor> memories = prediction.next().memories();
    SeedNames.memories(tensors, "final.model.")
        .forEach((layer, memory) ->
            parameters.add(
                Deviation.between("final memory " + layer, memories.get(layer), memory)));
    Tensor predicted = tensor(tensors, "test.prediction");
    return List.of(
        new Case("gradients of the first step", firstGradients),
        new Case("figures of all steps", figures),
        new Case("final parameters", parameters),
        new Case(
            "test predictions",
            List.of(Deviation.between("test.prediction", prediction.value(), predicted))));
  }

  private static SeedTraining start(JsonNode description, Map<String, Tensor> tensors) {
    SeedModel.Sizes sizes =
        new SeedModel.Sizes(
            number(description, "input"),
            number(description, "output"),
            number(description, "hidden"),
            number(description, "layers"));
    SeedModel model =
        Tree.fromMap(
            SeedModel.init(Key.of(0), DType.FLOAT64, sizes),
            SeedNames.parameters(tensors, "init.model."));
    RateGenerator generator =
        Tree.fromMap(
            RateGenerator.init(Key.of(0), DType.FLOAT64),
            SeedNames.parameters(tensors, "init.meta."));
    Map<Integer, Tensor> memories = SeedNames.memories(tensors, "init.model.");
    List<Tensor> empty = model.emptyMemories();
    List<Tensor> first = new ArrayList<>();
    for (int layer = 0; layer < empty.size(); layer++) {
      first.add(memories.getOrDefault(layer, empty.get(layer)));
    }
    return SeedTraining.start(model, generator).withMemories(first);
  }

  private static int number(JsonNode description, String name) {
    if (!description.path(name).isInt()) {
      throw new Failure("the number " + name + " is missing");
    }
    return description.get(name).intValue();
  }

  private static Tensor tensor(Map<String, Tensor> tensors, String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new Failure("the tensor " + name + " is missing");
    }
    return tensor;
  }

  /// Every tensor of the trace under a prefix against ours; a parameter without one is a deviation.
  private static List<Deviation> compare(Map<String, Tensor> tensors, String prefix, Object tree) {
    Map<String, Tensor> references = SeedNames.parameters(tensors, prefix);
    List<Deviation> deviations = new ArrayList<>();
    Tree.toMap(tree)
        .forEach((path, ours) -> {
          Tensor reference = references.get(path);
          deviations.add(
              reference == null
                  ? Deviation.incomparable(prefix + path, "is missing from the trace")
                  : Deviation.between(prefix + path, ours, reference));
        });
    return deviations;
  }

  private static List<Deviation> compare(int step, Figures ours, JsonNode reference) {
    List<Deviation> deviations = new ArrayList<>();
    ours.byName()
        .forEach((name, figure) -> {
          String what = "%s of step %d".formatted(name, step);
          deviations.add(
              reference.path(name).isNumber()
                  ? Deviation.between(
                      what, new double[] {figure}, new double[] {reference.get(name).doubleValue()})
                  : Deviation.incomparable(what, "is missing from the trace"));
        });
    return deviations;
  }
}
