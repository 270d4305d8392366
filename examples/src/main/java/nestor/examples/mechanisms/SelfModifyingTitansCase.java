package nestor.examples.mechanisms;

import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.hope.rule.Fixed;
import nestor.hope.rule.Form;
import nestor.hope.rule.LinearMemory;
import nestor.hope.rule.SelfModifyingRule;
import nestor.train.conformance.ReferenceMechanism;

/// The case `self_modifying_titans_linear`; see [SelfModifyingRule].
public final class SelfModifyingTitansCase implements ReferenceMechanism {
  @Override
  public String name() {
    return "self_modifying_titans_linear";
  }

  @Override
  public Map<String, Tensor> outputs(Given given) {
    Tensor x = given.in("x");
    var memories =
        new SelfModifyingRule.Memories(
            new LinearMemory(given.in("mk")),
            new LinearMemory(given.in("mv")),
            new Fixed(new LinearMemory(given.in("wq"))),
            new LinearMemory(given.in("meta")),
            new LinearMemory(given.in("malpha")),
            new LinearMemory(given.in("mmem")));
    var start = SelfModifyingRule.start(memories, x.shape().dim(0));
    var read = SelfModifyingRule.read(x, memories, start, 1, Form.RECURRENT);
    LinearMemory memory = (LinearMemory) memories.with(read.carry().written()).memory();
    return Map.of("y", read.output(), "memory", memory.w());
  }
}
