package nestor.examples.mechanisms;

import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.hope.rule.Form;
import nestor.hope.rule.MlpMemory;
import nestor.hope.rule.TitansRule;
import nestor.train.conformance.ReferenceMechanism;

/// The case `titans_memory`, in the chunk-parallel form; see [TitansRule].
public final class TitansMemoryCase implements ReferenceMechanism {
  @Override
  public String name() {
    return "titans_memory";
  }

  @Override
  public Map<String, Tensor> outputs(Given given) {
    var tokens =
        new TitansRule.Tokens(
            given.in("q"),
            given.in("k"),
            given.in("v"),
            given.in("theta"),
            given.in("eta"),
            given.in("alpha"));
    MlpMemory memory = new MlpMemory(given.in("w1"), given.in("w2"));
    var read =
        TitansRule.read(
            tokens,
            TitansRule.start(memory, tokens.q().shape().dim(0)),
            given.attributes().integer("chunk"),
            Form.CHUNK_PARALLEL);
    MlpMemory written = read.carry().weights();
    return Map.of("y", read.output(), "w1", written.w1(), "w2", written.w2());
  }
}
