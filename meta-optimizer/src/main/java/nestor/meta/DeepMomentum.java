package nestor.meta;

import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nestor.autodiff.Key;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.NewtonSchulz;

/// Deep momentum gradient descent with Newton–Schulz output, Behrouz et al., "Nested Learning"
/// (2025), equations 50 and 52:
///
///     φ ← φ − (1 − momentum) ∇ℓ(φ; u),   W ← W − rate · NS(m_φ(u)),   u = √rows · g / ‖g‖
///
/// with a [GradientMemory] m_φ for each parameter. A parameter of more than two axes is not
/// supported; a vector counts as a matrix of one row, for which NS only normalizes. Parameters of
/// one shape are stacked and mapped over, so a step costs as many operations as there are shapes.
/// What is 0 has no direction: a g or m_φ(u) of exactly 0 stays what it is, with the derivative 1.
///
/// ```java
/// var linear = new DeepMomentum(0, 5);
/// var optimizer = DeepMomentumGradientDescent.withRate(0.01).with(linear);
/// Level level = Level.of("fast", "fast.**").by(linear); // or as the memory of a level
/// ```
///
/// @param hidden the hidden units of each memory; 0 for linear memories, the classical momentum
/// @param iterations how often the cubic Newton–Schulz step is taken; 0 only normalizes
public record DeepMomentum(int hidden, int iterations) {
  private static final double TINY = 1e-20;

  /// The memories, one stack for each shape of parameters, by shape.
  public record State(Map<String, GradientMemory> memories) {}

  /// A step's result.
  ///
  /// @param directions one for each parameter, in their order
  /// @param state the memories after the step
  public record Step(List<Tensor> directions, State state) {}

  private record Written(GradientMemory memory, Tensor direction) {}

  /// Memories for parameters that have seen no gradient.
  public State start(Key key, List<Tensor> params) {
    Map<String, GradientMemory> memories = new LinkedHashMap<>();
    groups(params)
        .forEach((shape, members) -> {
          Tensor like = params.get(members.getFirst());
          int rows = matrix(like.shape()).dim(0);
          int columns = matrix(like.shape()).dim(1);
          List<GradientMemory> each = new ArrayList<>();
          for (int member : members) {
            each.add(
                hidden == 0
                    ? GradientMemory.Linear.init(like.dtype(), rows, columns)
                    : GradientMemory.Deep.init(
                        key.fold(member), like.dtype(), rows, columns, hidden));
          }
          memories.put(shape, stack(each));
        });
    return new State(memories);
  }

  /// Writes the gradients into the memories and reads the directions NS(m_φ(u)) from them, to be
  /// subtracted times a rate. Differentiable in `momentum` (rank 0), the gradients and the state.
  public Step step(State now, List<Tensor> gradients, Tensor momentum) {
    Tensor[] directions = new Tensor[gradients.size()];
    Map<String, GradientMemory> memories = new LinkedHashMap<>();
    groups(gradients)
        .forEach((shape, members) -> {
          List<Tensor> matrices = new ArrayList<>();
          for (int member : members) {
            Tensor g = gradients.get(member);
            matrices.add(g.reshape(matrix(g.shape())));
          }
          Written written =
              vmap(
                  (GradientMemory memory, Tensor g) -> write(memory, g, momentum),
                  Objects.requireNonNull(now.memories().get(shape)),
                  Tensor.stack(0, matrices));
          memories.put(shape, written.memory());
          for (int i = 0; i < members.size(); i++) {
            Shape wanted = gradients.get(members.get(i)).shape();
            directions[members.get(i)] = written.direction().get(i).reshape(wanted);
          }
        });
    return new Step(List.of(directions), new State(memories));
  }

  private Written write(GradientMemory memory, Tensor g, Tensor momentum) {
    double rows = g.shape().dim(0);
    Tensor square = g.square().sum();
    Tensor scale = square.plus(TINY).rsqrt().times(Math.sqrt(rows));
    Tensor u = g.times(isZero(square).where(square.onesLike(), scale));
    GradientMemory next = memory.write(u, momentum);
    return new Written(next, orthogonal(next.recall(u)));
  }

  /// NS(m). Where m is 0, which has no direction, it is m, or its derivative would be 1 / TINY.
  private Tensor orthogonal(Tensor m) {
    boolean vector = m.shape().dim(0) == 1 || m.shape().dim(1) == 1; // which NS leaves as it starts
    Tensor isZero = isZero(m.square().sum());
    Tensor other = isZero.where(m.onesLike(), m);
    return isZero.where(m, NewtonSchulz.cubic(other, vector ? 0 : iterations, TINY));
  }

  private static Tensor isZero(Tensor square) {
    return square.equal(square.constant(0));
  }

  private static Shape matrix(Shape shape) {
    return switch (shape.rank()) {
      case 0 -> Shape.of(1, 1);
      case 1 -> Shape.of(1, shape.dim(0));
      case 2 -> shape;
      default ->
          throw new IllegalArgumentException(
              "deep momentum takes vectors and matrices, not " + shape);
    };
  }

  /// The positions of the parameters of each shape, by shape.
  private static Map<String, List<Integer>> groups(List<Tensor> params) {
    Map<String, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < params.size(); i++) {
      String shape = matrix(params.get(i).shape()).toString();
      groups.computeIfAbsent(shape, s -> new ArrayList<>()).add(i);
    }
    return groups;
  }

  private static GradientMemory stack(List<GradientMemory> each) {
    List<List<Tensor>> leaves = each.stream().map(Tree::leaves).toList();
    List<Tensor> stacked = new ArrayList<>();
    for (int i = 0; i < leaves.getFirst().size(); i++) {
      int leaf = i;
      stacked.add(Tensor.stack(0, leaves.stream().map(l -> l.get(leaf)).toList()));
    }
    return Tree.withLeaves(each.getFirst(), stacked);
  }
}
