package nestor.autodiff;

import java.util.List;
import java.util.function.Function;

/// Traces two functions of a tree, and chooses between them.
///
/// @param whenTrue the function for true
/// @param whenFalse the function for false
/// @param at their argument
record TreeCond<T, R>(
    Function<? super T, ? extends R> whenTrue, Function<? super T, ? extends R> whenFalse, T at) {
  R choose(Tensor predicate) {
    if (predicate.dtype() != DType.BOOL || predicate.shape().rank() != 0) {
      throw TensorException.at(
          "cond: the predicate must be a single truth value, bool[], but is " + predicate.type());
    }
    DistinctLeaves leaves = DistinctLeaves.of(at);
    Tensor[] in = leaves.tensors();
    TreeFunction<T, R> yes = new TreeFunction<>(whenTrue, at);
    TreeFunction<T, R> no = new TreeFunction<>(whenFalse, at);
    Graph first = Recorder.traceBranch("cond", leaves.repeatedFor(yes), in);
    Graph second = Recorder.traceBranch("cond", leaves.repeatedFor(no), in);
    requireAlike(yes.traced(), no.traced());
    return yes.result(Cond.call(predicate, first, second, in));
  }

  private void requireAlike(R yes, R no) {
    TreeNodes.sameStructure(yes, no);
    List<Tensor> others = Tree.leaves(no);
    int[] next = {0};
    Tree.mapWithPath(
        yes,
        (path, leaf) -> {
          TensorType other = others.get(next[0]++).type();
          if (!other.equals(leaf.type())) {
            throw TensorException.at(
                "cond: the result%s is %s when true, but %s when false"
                    .formatted(path.isEmpty() ? "" : " '" + path + "'", leaf.type(), other));
          }
          return leaf;
        });
  }
}
