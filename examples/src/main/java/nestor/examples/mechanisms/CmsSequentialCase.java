package nestor.examples.mechanisms;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.cms.Block;
import nestor.cms.Cms;
import nestor.cms.NestedCms;
import nestor.cms.OnlineLevel;
import nestor.cms.ResidualMlp;
import nestor.meta.Sgd;
import nestor.train.conformance.ReferenceMechanism;

/// The case `cms_sequential`, one sequence with as many levels as there are chunks; see
/// [NestedCms]: its slow levels differentiate through the writes of the fast ones.
public final class CmsSequentialCase implements ReferenceMechanism {
  @Override
  public String name() {
    return "cms_sequential";
  }

  @Override
  public Map<String, Tensor> outputs(Given given) {
    int[] chunks = given.attributes().integers("chunks");
    List<Block> blocks = new ArrayList<>();
    List<OnlineLevel> levels = new ArrayList<>();
    for (int i = 0; i < chunks.length; i++) {
      blocks.add(new ResidualMlp(given.in("a" + i), given.in("b" + i)));
      levels.add(OnlineLevel.every(chunks[i], Sgd.withRate(0).withRate(given.in("rate").get(i))));
    }
    NestedCms cms = NestedCms.of(new Cms.Sequential(blocks), levels);
    Tensor x = given.in("x").expandDims(0);
    Tensor target = given.in("target").expandDims(0);
    var out = cms.apply(x, target, cms.start(x, target));
    Map<String, Tensor> outputs = new HashMap<>(Map.of("y", out.value().get(0)));
    List<Block> written = out.current().blocks();
    for (int i = 0; i < chunks.length; i++) {
      outputs.put("final_a" + i, ((ResidualMlp) written.get(i)).a().get(0));
    }
    return outputs;
  }
}
