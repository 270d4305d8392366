package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.vmap;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import nestor.autodiff.DType;
import nestor.autodiff.Frozen;
import nestor.autodiff.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Leaves that are declared frozen get zeros, and no others do.
class FrozenTest {
  private static final Tally TALLY = new Tally("frozen leaves");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private record Block(Tensor wq, Tensor bias) {}

  private record Model(List<Block> blocks, Map<String, Tensor> heads, Tensor count) {}

  @Test
  void frozenPatternsCoverWholeComponents() {
    Frozen frozen = Frozen.paths("blocks.*.wq", "memory.**", "head");
    for (String path : List.of("blocks.0.wq", "blocks.x.wq", "memory.a", "memory.a.b.c", "head")) {
      TALLY.one(frozen.covers(path), path);
    }
    for (String path :
        List.of("blocks.wq", "blocks.0.1.wq", "blocks.0.wqx", "memo", "head.x", "ahead", "")) {
      TALLY.one(!frozen.covers(path), path);
    }
    TALLY.one(Frozen.paths("**").covers("a.b"), "** covers all");
    TALLY.one(Frozen.paths("**.wq").covers("blocks.0.wq"), "** covers several components");
    TALLY.one(Frozen.paths("**.wq").covers("wq"), "** covers no component");
    TALLY.one(Frozen.paths("blocks.**.wq").covers("blocks.wq"), "** covers no component");
    TALLY.one(!Frozen.paths("**.wq").covers("xwq"), "** ends at a dot");
    TALLY.one(!Frozen.paths("a.b").covers("axb"), "a dot is a dot");
    TALLY.one(!Frozen.NONE.covers("a"), "none");
  }

  @Test
  void frozenLeavesGetZerosAndTheOthersTheirGradients() {
    Block block = new Block(Tensor.of(1., 2.), Tensor.scalar(3));
    Map<String, Tensor> heads = Map.of("z", Tensor.scalar(4), "a", Tensor.of(5., 6.));
    Model model = new Model(List.of(block, block), heads, Tensor.of(7L));
    Function<Model, Tensor> f = m -> m.heads().get("z").times(m.blocks().get(1).wq()).sum();
    Frozen frozen = Frozen.paths("blocks.0.*", "blocks.*.bias", "heads.a", "count");
    for (Function<Model, Tensor> form :
        List.<Function<Model, Tensor>>of(f, m -> checkpoint(f, m))) {
      Model g = grad(form, model, frozen);
      TALLY.near(0, Tensor.of(4., 4.), g.blocks().get(1).wq());
      TALLY.near(0, 3, g.heads().get("z"));
      TALLY.near(0, Tensor.of(0., 0.), g.heads().get("a"));
      TALLY.near(0, new Block(Tensor.of(0., 0.), Tensor.scalar(0)), g.blocks().get(0));
      TALLY.equal(DType.INT64, g.count().dtype());
      Frozen fewer = Frozen.paths("blocks.0.*", "heads.a", "count");
      TALLY.fails(() -> grad(form, model, fewer), "grad", "'blocks.1.bias'", "Frozen");
      Frozen none = Frozen.paths("blocks.**", "heads.a");
      TALLY.fails(() -> grad(form, model, none), "grad", "'count'", "int64[1]");
    }
    Tensor w = Tensor.of(1., 2., 3.);
    Block perExample =
        vmap((Block b) -> grad(c -> c.wq().square(), b, Frozen.paths("bias")), new Block(w, w));
    TALLY.near(0, new Block(w.times(2), w.zerosLike()), perExample);
  }

  @Test
  void gradientsPassAroundFrozenLeaves() {
    Block at = new Block(Tensor.of(1., 2.), Tensor.scalar(3));
    Function<Block, Tensor> f = b -> b.wq().times(b.bias()).square().sum();
    Function<Tensor, Tensor> inner =
        bias -> grad(f, new Block(at.wq(), bias), Frozen.paths("bias")).wq();
    TALLY.near(0, Tensor.of(18., 36.), inner.apply(at.bias()));
    TALLY.near(
        0, 36, grad((Tensor bias) -> inner.apply(bias).sum(), at.bias())); // 2 · 2 · 3 · (1 + 2)
    TALLY.derivatives(inner, at.bias(), 2);
  }
}
