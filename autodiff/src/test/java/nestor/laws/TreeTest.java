package nestor.laws;

import static nestor.autodiff.Transform.checkpoint;
import static nestor.autodiff.Transform.customVjp;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.vjp;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.Value;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Trees of tensors are taken apart and put together without loss.
class TreeTest {
  private static final Tally TALLY = new Tally("trees");

  @AfterAll
  static void report() {
    TALLY.report();
  }

  private record Block(Tensor wq, Tensor bias, String name) {}

  private record Pair<A, B>(A left, B right) {}

  private record Model(
      List<Block> blocks,
      Map<String, Tensor> heads,
      Pair<Tensor, List<Tensor>> both,
      int width,
      Optional<String> note,
      double[] schedule,
      DType dtype) {}

  private record Empty() {}

  private static Block block(double x) {
    return new Block(Tensor.of(x, 2 * x), Tensor.scalar(-x), "block " + x);
  }

  private static Model model() {
    Map<String, Tensor> heads = new LinkedHashMap<>();
    heads.put("z", Tensor.of(1., 2., 3.));
    heads.put("a", Tensor.of(4., 5., 6.));
    return new Model(
        List.of(block(1), block(3)),
        heads,
        new Pair<>(Tensor.scalar(7), List.of(Tensor.of(8.), Tensor.of(9.))),
        12,
        Optional.of("static"),
        new double[] {0.1},
        DType.FLOAT64);
  }

  @Test
  void pathsNameEveryLeafInOrder() {
    TALLY.equal(
        List.of(
            "blocks.0.wq",
            "blocks.0.bias",
            "blocks.1.wq",
            "blocks.1.bias",
            "heads.a",
            "heads.z",
            "both.left",
            "both.right.0",
            "both.right.1"),
        Tree.paths(model()));
    TALLY.equal(List.of(""), Tree.paths(Tensor.scalar(1)));
    TALLY.equal(
        List.of("0", "1.x"), Tree.paths(List.of(Tensor.scalar(1), Map.of("x", Tensor.scalar(1)))));
    TALLY.equal(List.of("words"), Tree.paths(Key.of(1)));
    for (Object empty : List.of(new Empty(), List.of(), Map.of(), "text", 5)) {
      TALLY.equal(List.of(), Tree.paths(empty));
      TALLY.equal(empty, Tree.map(empty, Tensor::neg));
    }
  }

  @Test
  void mapAndZipKeepEverythingButTheLeaves() {
    Model model = model();
    Model doubled = Tree.map(model, leaf -> leaf.times(2));
    Model sum = Tree.zip(model, model, Tensor::plus);
    Model three = Tree.zip(model, doubled, sum, (a, b, c) -> a.plus(b).minus(c));
    TALLY.sameBits(doubled, sum);
    TALLY.sameBits(model, three);
    TALLY.equal("block 3.0", doubled.blocks().get(1).name());
    TALLY.equal(12, doubled.width());
    TALLY.equal(Optional.of("static"), doubled.note());
    TALLY.one(model.schedule() == doubled.schedule(), "arrays are carried along");
    TALLY.equal(List.of("a", "z"), List.copyOf(doubled.heads().keySet()));
    TALLY.sameBits(model, Tree.fromMap(doubled, Tree.toMap(model)));
    TALLY.sameBits(model, Tree.withLeaves(doubled, Tree.leaves(model)));
    double expected = Tree.leaves(model).stream().mapToDouble(x -> x.square().sum().item()).sum();
    TALLY.near(1e-15, Math.sqrt(expected), Tree.norm(model));
  }

  @Test
  void everyTransformationTakesTrees() {
    Model model = model();
    Model g = grad(m -> Tree.norm(m).square(), model);
    TALLY.near(1e-15, Tree.map(model, x -> x.times(2)), g);
    TALLY.sameBits(g, grad(m -> checkpoint((Model n) -> Tree.norm(n).square(), m), model));
    TALLY.sameBits(model, vjp((Model m) -> m, model).pullback().apply(model));
    Model stacked = Tree.map(model, x -> Tensor.stack(0, List.of(x, x.neg())));
    Model mapped = vmap((Model m) -> grad(n -> Tree.norm(n).square(), m), stacked);
    TALLY.near(1e-15, g, Tree.map(mapped, x -> x.get(0)));
    TALLY.near(1e-15, g, Tree.map(mapped, x -> x.get(1).neg()));
    Model same = customVjp((Model m) -> m, (at, y, c) -> c, model);
    TALLY.sameBits(model, same);
    TALLY.equal("block 1.0", mapped.blocks().get(0).name());
  }

  @Test
  void nullComponentsAreAbsent() {
    Block bare = new Block(Tensor.of(1., 2.), null, null);
    TALLY.equal(List.of("wq"), Tree.paths(bare));
    assertNull(Tree.map(bare, Tensor::neg).bias());
    assertNull(Tree.zip(bare, bare, Tensor::plus).bias());
    Block g = grad(b -> b.wq().square().sum(), bare);
    TALLY.near(0, Tensor.of(2., 4.), g.wq());
    assertNull(g.bias());
    assertNull(vmap((Block b) -> b, new Block(Tensor.of(1., 2.), null, null)).bias());
    assertNotNull(checkpoint((Block b) -> b, bare).wq());
    TALLY.fails(() -> Tree.zip(bare, block(1), Tensor::plus), "'bias'", "null", "float64[]");
    TALLY.fails(() -> Tree.zip(block(1), bare, Tensor::plus), "'bias'", "null", "float64[]");
    TALLY.fails(() -> Tree.leaves(Arrays.asList(Tensor.scalar(1), null)), "null", "'1'");
  }

  @Test
  void differentStructuresAreErrorsThatNameThePath() {
    Model model = model();
    Model fewer =
        new Model(
            List.of(block(1)),
            model.heads(),
            model.both(),
            12,
            model.note(),
            model.schedule(),
            DType.FLOAT64);
    TALLY.fails(() -> Tree.zip(model, fewer, Tensor::plus), "'blocks'", "list of 2", "list of 1");
    Model wider =
        new Model(
            model.blocks(),
            model.heads(),
            model.both(),
            13,
            model.note(),
            model.schedule(),
            DType.FLOAT64);
    TALLY.fails(() -> Tree.zip(model, wider, Tensor::plus), "'width'", "12", "13");
    Model renamed =
        new Model(
            model.blocks(),
            Map.of("z", Tensor.scalar(1)),
            model.both(),
            12,
            model.note(),
            model.schedule(),
            DType.FLOAT64);
    TALLY.fails(() -> Tree.zip(model, renamed, Tensor::plus), "'heads'", "[z, a]", "[z]");
    Pair<Object, Object> one = new Pair<>(Tensor.scalar(1), List.of(block(1)));
    Pair<Object, Object> other = new Pair<>(Tensor.scalar(1), List.of(block(2)));
    TALLY.fails(
        () -> Tree.zip(one, other, Tensor::plus), "'right.0.name'", "block 1.0", "block 2.0");
    Pair<Object, Object> deeper = new Pair<>(new Empty(), List.of(block(1)));
    TALLY.fails(() -> Tree.zip(one, deeper, Tensor::plus), "'left'", "float64[]", "Empty");
    TALLY.fails(() -> Tree.zip(one, one, deeper, (a, b, c) -> a), "'left'", "float64[]", "Empty");
    TALLY.fails(
        () -> vjp((Object p) -> p, (Object) one).pullback().apply(deeper), "'left'", "Empty");
  }

  @Test
  void fromMapWantsEveryPathAndNoOther() {
    Block like = block(1);
    Map<String, Tensor> leaves = new HashMap<>(Tree.toMap(like));
    leaves.remove("bias");
    TALLY.fails(() -> Tree.fromMap(like, leaves), "fromMap", "'bias'", "missing");
    leaves.put("bias", Tensor.of(1., 2.));
    TALLY.fails(() -> Tree.fromMap(like, leaves), "'bias'", "float64[]", "float64[2]");
    leaves.put("bias", Tensor.scalar(DType.FLOAT32, 1));
    TALLY.fails(() -> Tree.fromMap(like, leaves), "'bias'", "float64[]", "float32[]");
    leaves.put("bias", Tensor.scalar(1));
    leaves.put("bais", Tensor.scalar(1));
    TALLY.fails(() -> Tree.fromMap(like, leaves), "'bais'", "wq", "bias");
    TALLY.fails(() -> Tree.withLeaves(like, List.of(Tensor.scalar(1))), "withLeaves", "2", "1");
    TALLY.fails(() -> Tree.norm(new Empty()), "norm", "no tensor");
  }

  /// The order of `Map.of` changes from one run of the JVM to the next, that of `HashMap` with the
  /// capacity; sums over leaves, and with them bits, must not.
  @Test
  void leavesOfAMapComeInAnOrderThatFollowsFromTheKeys() {
    List<String> names =
        List.of("wq", "wk", "wv", "bias", "gain", "gate", "out", "embed", "q", "k");
    Map<String, Tensor> small = new HashMap<>(1);
    Map<String, Tensor> large = new HashMap<>(1 << 12);
    for (String name : names) {
      small.put(name, Tensor.scalar(name.length()));
      large.put(name, Tensor.scalar(name.length()));
    }
    Map<String, Tensor> sorted = new TreeMap<>(small);
    TALLY.equal(Tree.paths(small), Tree.paths(large));
    TALLY.equal(Tree.paths(sorted), Tree.paths(Map.copyOf(small)));
    TALLY.sameBits(List.copyOf(sorted.values()), Tree.leaves(small));
    Map<String, Tensor> sum = Tree.zip(small, large, Tensor::plus);
    names.forEach(name -> TALLY.near(0, 2 * name.length(), sum.get(name)));
  }

  @Test
  void twoLeavesWithOnePathAreAnError() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("a", Map.of("b", Tensor.scalar(1)));
    map.put("a.b", Tensor.scalar(2));
    TALLY.fails(() -> Tree.toMap(map), "a.b");
  }

  @Test
  void emptyTreesHaveEmptyGradients() {
    TALLY.equal(new Empty(), grad(e -> Tensor.scalar(1), new Empty()));
    TALLY.equal(
        List.of(), vjp((List<Tensor> e) -> e, List.<Tensor>of()).pullback().apply(List.of()));
    TALLY.near(0, 4, checkpoint(e -> Tensor.scalar(2).square(), new Empty()));
    TALLY.near(0, 12, grad((Tensor x) -> checkpoint(e -> x.pow(3), new Empty()), Tensor.scalar(2)));
    TALLY.fails(() -> vmap(e -> Tensor.scalar(1), new Empty()), "vmap", "no tensor");
  }

  /// Rebuilding gives lists and maps of other classes, and traced tensors: the components must be
  /// declared wide enough.
  @Test
  void componentsThatCannotHoldWhatIsPutThereAreNamed() {
    record Narrow(ArrayList<Tensor> items) {}
    record Concrete(Value weight) {}
    Narrow narrow = new Narrow(new ArrayList<>(List.of(Tensor.scalar(1))));
    Concrete concrete = new Concrete((Value) Tensor.scalar(1));
    TALLY.fails(() -> Tree.map(narrow, Tensor::neg), "Narrow", "items");
    TALLY.fails(() -> grad(c -> c.weight().square(), concrete), "Concrete", "weight");
  }

  @Test
  void tensorsWhereNoTreeReachesAreRefused() {
    record Layers(Tensor[] layers) {}
    record Gate(Tensor w, Optional<Tensor> bias) {}
    Layers layers = new Layers(new Tensor[] {Tensor.scalar(1)});
    Gate gate = new Gate(Tensor.scalar(1), Optional.of(Tensor.scalar(2)));
    TALLY.fails(() -> grad(p -> p.layers()[0].square(), layers), "'layers'");
    TALLY.fails(() -> grad(p -> p.w().times(p.bias().get()), gate), "'bias'");
  }

  @Test
  void functionsThatGiveNothingAreNamed() {
    TALLY.fails(() -> Tree.map(List.of(Tensor.scalar(1)), leaf -> null), "null", "'0'");
    TALLY.fails(() -> Tree.map(block(1), leaf -> null), "null", "'wq'");
    TALLY.one(Tree.leaves(Collections.emptyList()).isEmpty(), "empty");
  }
}
