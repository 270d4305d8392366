package nestor.meta;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// What a [MetaOptimizer] keeps of a level between steps.
///
/// @param leaves the positions of its parameters in the order of [Tree#leaves], sorted by path
/// @param paths the paths of these parameters
/// @param groups for each of these parameters the group that it belongs to, counted from 0
/// @param course its optimizer's state, which stands at no parameters
/// @param gradients the sums of its gradients since it last wrote
/// @param observed the sums since then of the logarithms of the loss and of the whole gradient's
///   norm, and the number of samples with a gradient, `[3]`
public record LevelState(
    List<Integer> leaves,
    List<String> paths,
    List<Integer> groups,
    Course course,
    List<Tensor> gradients,
    Tensor observed) {
  private static final double TINY = MetaOptimizer.TINY;

  /// A write that a level would make.
  ///
  /// @param directions one for each of its parameters
  /// @param rate what they are multiplied by and subtracted, rank 0
  /// @param momentum the momentum they came about with, rank 0
  /// @param course its optimizer's state afterwards
  record Write(List<Tensor> directions, Tensor rate, Tensor momentum, Course course) {}

  /// The state before the first gradient.
  ///
  /// @param params all parameters, also those of other levels
  static LevelState start(Key key, Level level, List<Integer> share, Object params) {
    List<String> all = Tree.paths(params);
    List<Integer> leaves = share.stream().sorted(Comparator.comparing(all::get)).toList();
    List<String> paths = leaves.stream().map(all::get).toList();
    List<Tensor> own = pick(Tree.leaves(params), leaves);
    Tensor observed = Tensor.zeros(own.getFirst().dtype(), 3);
    Course course = Course.start(key, level.optimizer(), paths, own);
    List<Integer> groups = level.groups(paths);
    return new LevelState(leaves, paths, groups, course, zeros(own), observed);
  }

  /// How many groups its parameters have; 0 for a single one, which needs no scale.
  int groupCount() {
    int count = 1 + groups.stream().mapToInt(group -> group).max().orElseThrow();
    return count == 1 ? 0 : count;
  }

  /// The logarithms of the loss and of the norm of this level's share of a gradient, `[2]`.
  Tensor observe(Tensor loss, List<Tensor> gradient) {
    return observation(loss, pick(gradient, leaves));
  }

  /// The same for each of its groups.
  List<Tensor> observeGroups(Tensor loss, List<Tensor> gradient) {
    List<Tensor> own = pick(gradient, leaves);
    return IntStream.range(0, groupCount())
        .mapToObj(group -> {
          List<Integer> members =
              IntStream.range(0, own.size()).filter(i -> groups.get(i) == group).boxed().toList();
          return observation(loss, pick(own, members));
        })
        .toList();
  }

  private static Tensor observation(Tensor loss, List<Tensor> gradient) {
    Tensor square = gradient.stream().map(g -> g.square().sum()).reduce(Tensor::plus).orElseThrow();
    Tensor norm = Leaves.root(square); // whose derivatives count in windows of several steps
    return Tensor.stack(0, List.of(loss.plus(TINY * TINY).log(), norm.plus(TINY).log()));
  }

  /// What the steps of one sample are scaled by: the logarithms of its loss and of the norm of its
  /// whole gradient, and the number 1, `[3]`; all 0 for a sample without a gradient.
  ///
  /// @param observation what each level observed, `[levels, 2]`
  static Tensor scale(Tensor observation) {
    Tensor square = observation.slice(1, 1, 2).exp().square().sum();
    Tensor given = square.greater(4 * TINY * TINY).cast(square.dtype());
    Tensor loss = observation.get(0).get(0);
    return Tensor.stack(0, List.of(loss, square.log().times(0.5), square.onesLike())).times(given);
  }

  /// The state after one more gradient.
  ///
  /// @param gradient all leaves, also those of other levels
  /// @param scale see [#scale]
  LevelState collect(List<Tensor> gradient, Tensor scale) {
    List<Tensor> sums = Tree.zip(gradients, pick(gradient, leaves), Tensor::plus);
    return new LevelState(leaves, paths, groups, course, sums, observed.plus(scale));
  }

  /// The write that follows from what was collected.
  ///
  /// @param params all leaves, also those of other levels
  /// @param step in units of Polyak's step, rank 0
  /// @param generated the momentum, rank 0
  /// @param scales of its groups, `[groups]`; nothing for a level without groups
  Write write(
      Level level, List<Tensor> params, Tensor step, Tensor generated, Optional<Tensor> scales) {
    List<Tensor> mean =
        level.period() == 1
            ? gradients
            : gradients.stream().map(g -> g.div(level.period())).toList();
    List<Tensor> own = pick(params, leaves);
    var turn = course.turn(level.optimizer(), paths, own, mean, generated);
    Tensor unit = polyak().div(length(turn.directions()));
    List<Tensor> directions = new ArrayList<>(turn.directions());
    scales.ifPresent(s ->
        IntStream.range(0, directions.size())
            .forEach(i -> directions.set(i, directions.get(i).times(s.get(groups.get(i))))));
    return new Write(List.copyOf(directions), step.times(unit), generated, turn.next());
  }

  /// 2 L / ‖g‖, 0 where no sample gave a gradient.
  private Tensor polyak() {
    Tensor samples = observed.get(2);
    Tensor logs = observed.div(samples.maximum(1));
    return logs.get(0).minus(logs.get(1)).exp().times(2).times(samples.minimum(1));
  }

  /// The norm of directions; 1 for those that are 0, which have none to be divided by.
  private static Tensor length(List<Tensor> directions) {
    Tensor square =
        directions.stream().map(d -> d.square().sum()).reduce(Tensor::plus).orElseThrow();
    return square.equal(square.constant(0)).where(square.constant(1), square).sqrt();
  }

  /// The state after a write: nothing is collected yet.
  LevelState after(Write write) {
    return new LevelState(
        leaves, paths, groups, write.course(), zeros(gradients), observed.zerosLike());
  }

  private static List<Tensor> pick(List<Tensor> leaves, List<Integer> positions) {
    return positions.stream().map(leaves::get).toList();
  }

  private static List<Tensor> zeros(List<Tensor> like) {
    return like.stream().map(Tensor::zerosLike).toList();
  }
}
