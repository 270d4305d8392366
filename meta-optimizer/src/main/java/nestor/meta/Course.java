package nestor.meta;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Which way an [Optimizer] would take parameters, and what it remembers; how far is up to a
/// [Level].
///
/// It trains a map from paths to parameters, so that the patterns of a [PerPath] mean what they do
/// elsewhere.
///
/// @param state the optimizer's state, whose parameters are a 0 that is not used
/// @param params which leaves of the state these are: positions in the order of [Tree#leaves]
public record Course(Optimizer.State<Map<String, Tensor>> state, List<Integer> params) {
  /// What rates are multiplied by. A step is read off the parameters that it leads to, so it shall
  /// be large beside them, or float32 would round it away; a power of two rounds nothing itself,
  /// and directions are divided by it again.
  private static final double FAR = 0x1p20;

  /// A direction.
  ///
  /// @param directions one for each parameter
  /// @param next the course afterwards
  record Turn(List<Tensor> directions, Course next) {}

  /// The course before the first gradient.
  ///
  /// @param key where memories are drawn from, for an optimizer that draws them
  static Course start(Key key, Optimizer optimizer, List<String> paths, List<Tensor> params) {
    // Copies, since two parameters may be one tensor, and each is looked for in the state.
    Map<String, Tensor> own = map(paths, params.stream().map(Tensor::stopGradient).toList());
    Optimizer.State<Map<String, Tensor>> state =
        optimizer instanceof Directed directed ? directed.start(key, own) : optimizer.start(own);
    List<Tensor> leaves = Tree.leaves(state);
    List<Integer> positions = new ArrayList<>();
    for (Tensor param : own.values()) {
      int position = 0;
      while (position < leaves.size() && leaves.get(position) != param) {
        position++;
      }
      if (position == leaves.size()) {
        throw new IllegalArgumentException(
            "the state of %s does not hold the parameters as it was given them"
                .formatted(optimizer.getClass().getSimpleName()));
      }
      positions.add(position);
    }
    return new Course(state, List.copyOf(positions)).left();
  }

  /// The direction that follows from one more gradient.
  ///
  /// @param momentum replaces the optimizer's momentum where it has one, rank 0
  Turn turn(
      Optimizer optimizer,
      List<String> paths,
      List<Tensor> now,
      List<Tensor> gradient,
      Tensor momentum) {
    Optimizer generated = Hyper.momentum(optimizer, momentum);
    Map<String, Tensor> g = map(paths, gradient);
    if (generated instanceof Directed directed) {
      var turn = directed.turn(state, g);
      return new Turn(List.copyOf(turn.direction().values()), new Course(turn.next(), params));
    }
    var after = Hyper.rate(generated, FAR).next(at(now), g);
    List<Tensor> there = Tree.leaves(after.params());
    List<Tensor> directions = Tree.zip(now, there, (p, q) -> p.minus(q).div(FAR));
    return new Turn(directions, new Course(after, params).left());
  }

  /// The state at these parameters.
  private Optimizer.State<Map<String, Tensor>> at(List<Tensor> now) {
    List<Tensor> leaves = new ArrayList<>(Tree.leaves(state));
    for (int i = 0; i < params.size(); i++) {
      leaves.set(params.get(i), now.get(i));
    }
    return Tree.withLeaves(state, leaves);
  }

  /// The course without its parameters, which the levels keep.
  private Course left() {
    List<Tensor> leaves = Tree.leaves(state);
    return new Course(
        at(params.stream().map(position -> leaves.get(position).constant(0)).toList()), params);
  }

  private static Map<String, Tensor> map(List<String> paths, List<Tensor> leaves) {
    Map<String, Tensor> map = new LinkedHashMap<>();
    for (int i = 0; i < paths.size(); i++) {
      map.put(paths.get(i), leaves.get(i));
    }
    return map;
  }
}
