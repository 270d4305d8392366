package nestor.autodiff;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A function between trees as a function between lists of their leaves.
final class TreeFunction<T, R> implements UnaryOperator<Tensor[]> {
  private final Function<? super T, ? extends R> f;
  private final T like;
  private @Nullable R result;

  TreeFunction(Function<? super T, ? extends R> f, T like) {
    this.f = f;
    this.like = like;
  }

  @Override
  public Tensor[] apply(Tensor[] leaves) {
    R out = f.apply(Tree.withLeaves(like, List.of(leaves)));
    result = out; // its structure, the same in every call
    return Tree.leaves(out).toArray(Tensor[]::new);
  }

  /// The result as the function gave it last.
  R traced() {
    return Objects.requireNonNull(result);
  }

  /// The result's tree with these leaves, once the function has run.
  R result(Tensor[] leaves) {
    return Tree.withLeaves(traced(), List.of(leaves));
  }
}
