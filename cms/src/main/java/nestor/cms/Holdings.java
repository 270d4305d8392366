package nestor.cms;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.meta.Optimizer;

/// Which blocks each level of a system holds that is written online.
///
/// @param initial the system with the weights θ₀
/// @param levels how its blocks are written
/// @param inner what a write does to the levels below
/// @param written the positions of the blocks that are written, from the innermost level to the
///   outermost; all further positions are positions in this list
record Holdings(Cms initial, List<OnlineLevel> levels, InnerLevels inner, List<Integer> written) {

  /// The level that writes a block.
  OnlineLevel level(int i) {
    return levels.get(written.get(i));
  }

  /// How many tokens make a chunk of a level with a whole period.
  int period(int i) {
    return NestedCms.period(level(i));
  }

  /// θ₀ of the blocks that are written.
  List<Block> initialBlocks() {
    return written.stream().map(i -> initial.blocks().get(i)).toList();
  }

  /// Which of the blocks that are written a level holds, the last of which is its own.
  List<Block> held(List<Block> blocks, int i) {
    return switch (inner) {
      case KEPT -> List.of(blocks.get(i));
      case RESET -> List.copyOf(blocks.subList(0, i + 1));
    };
  }

  /// The system with these blocks in the places of those that are written.
  Cms with(List<Block> own) {
    List<Block> blocks = new ArrayList<>(initial.blocks());
    for (int i = 0; i < written.size(); i++) {
      blocks.set(written.get(i), own.get(i));
    }
    return initial.with(List.copyOf(blocks));
  }

  /// What writes the blocks of all samples.
  Optimizer by(int i) {
    return switch (level(i).writer()) {
      case Writer.Every every -> new PerSample(every.by());
      case Writer.Learned learned -> new PerSample(learned.by());
      case Writer.Never never -> never;
    };
  }

  /// The optimizers of the first levels before their first step from these blocks.
  List<Optimizer.State<List<Block>>> started(List<Block> blocks, int count) {
    List<Optimizer.State<List<Block>>> states = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      states.add(by(i).start(held(blocks, i)));
    }
    return List.copyOf(states);
  }

  /// Weights of a level with the derivatives that they shall have: their own, or those of the
  /// weights that they came from.
  List<Block> through(int i, List<Block> origin, List<Block> weights) {
    return switch (level(i).throughWrites()) {
      case DIFFERENTIATED -> weights;
      case STOPPED -> Tree.zip(origin, weights, Holdings::withDerivativeOf);
    };
  }

  /// A constant that has the derivative of where it came from.
  private static Tensor withDerivativeOf(Tensor origin, Tensor value) {
    return origin.minus(origin.stopGradient()).plus(value.stopGradient());
  }

  /// ½ |y − target|² of one token.
  static Tensor halfSquaredError(Tensor y, Tensor target) {
    return y.minus(target).square().sum().times(0.5);
  }

  /// The same blocks for each of some samples.
  static List<Block> repeated(List<Block> blocks, int samples) {
    return Tree.map(
        blocks,
        leaf -> {
          int[] dims = leaf.shape().toArray();
          int[] repeated = new int[dims.length + 1];
          System.arraycopy(dims, 0, repeated, 1, dims.length);
          repeated[0] = samples;
          return leaf.broadcastTo(repeated);
        });
  }
}
