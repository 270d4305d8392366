package nestor.autodiff;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/// Trees of tensors: a tensor is a leaf; a record, a `List` and a `Map` with string keys are nodes;
/// anything else is carried along unchanged, but must not hold tensors itself. Maps are read and
/// rebuilt in the order of their keys.
///
/// Models, optimizer states, memories and tasks are such trees, and every function here gives back
/// the type that it was given. A leaf's path joins component names, positions and keys by dots, as
/// in `blocks.2.wq`; the path of a tree that is one tensor is empty.
///
/// A record in a named module must be in a package that is open to `nestor.autodiff`. Constructors
/// of records run on stacked and batched leaves too, so they should check no shapes.
public final class Tree {
  private Tree() {}

  /// The leaves in the order of their paths' components.
  public static List<Tensor> leaves(Object tree) {
    List<Tensor> leaves = new ArrayList<>();
    map(
        tree,
        leaf -> {
          leaves.add(leaf);
          return leaf;
        });
    return leaves;
  }

  /// The leaves by path, in their order.
  public static Map<String, Tensor> toMap(Object tree) {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    mapWithPath(
        tree,
        (path, leaf) -> {
          if (leaves.put(path, leaf) != null) {
            throw TensorException.at("two leaves of a tree have the path '" + path + "'");
          }
          return leaf;
        });
    return leaves;
  }

  /// The paths of the leaves, in their order.
  public static List<String> paths(Object tree) {
    return List.copyOf(toMap(tree).keySet());
  }

  /// The tree with every leaf replaced.
  public static <T> T map(T tree, UnaryOperator<Tensor> f) {
    return same(tree, TreeNodes.rebuild(tree, TreePath.ROOT, (path, leaf) -> f.apply(leaf)));
  }

  /// The tree with every leaf replaced by what a function makes of its path and the leaf.
  public static <T> T mapWithPath(T tree, BiFunction<String, Tensor, Tensor> f) {
    return same(
        tree,
        TreeNodes.rebuild(tree, TreePath.ROOT, (path, leaf) -> f.apply(path.toString(), leaf)));
  }

  /// The tree made of what a function makes of corresponding leaves of two trees of one structure.
  public static <T> T zip(T first, T second, BinaryOperator<Tensor> f) {
    TreeNodes.sameStructure(first, second);
    Iterator<Tensor> others = leaves(second).iterator();
    return map(first, leaf -> f.apply(leaf, others.next()));
  }

  /// The tree made of what a function makes of corresponding leaves of three trees of one
  /// structure.
  public static <T> T zip(T first, T second, T third, Ternary f) {
    TreeNodes.sameStructure(first, second);
    TreeNodes.sameStructure(first, third);
    Iterator<Tensor> seconds = leaves(second).iterator();
    Iterator<Tensor> thirds = leaves(third).iterator();
    return map(first, leaf -> f.apply(leaf, seconds.next(), thirds.next()));
  }

  /// A function of three tensors.
  @FunctionalInterface
  public interface Ternary {
    /// The function's value.
    Tensor apply(Tensor first, Tensor second, Tensor third);
  }

  /// A tree of the structure of `like` with other leaves, in the order of [#leaves].
  public static <T> T withLeaves(T like, List<Tensor> leaves) {
    int count = leaves(like).size();
    if (count != leaves.size()) {
      throw TensorException.at(
          "withLeaves: the tree has %d leaves, but %d were given".formatted(count, leaves.size()));
    }
    Iterator<Tensor> next = leaves.iterator();
    return map(like, leaf -> next.next());
  }

  /// A tree of the structure of `like` with leaves by path, each of the type and shape of the leaf
  /// it replaces; every path must be there and no other.
  public static <T> T fromMap(T like, Map<String, Tensor> leaves) {
    List<String> wanted = paths(like);
    for (String path : leaves.keySet()) {
      if (!wanted.contains(path)) {
        throw TensorException.at(
            "fromMap: there is no parameter '%s'; the parameters are %s".formatted(path, wanted));
      }
    }
    return mapWithPath(
        like,
        (path, leaf) -> {
          Tensor found = leaves.get(path);
          if (found == null) {
            throw TensorException.at("fromMap: the parameter '" + path + "' is missing");
          }
          if (!found.type().equals(leaf.type())) {
            throw TensorException.at(
                "fromMap: the parameter '%s' should be %s, but is %s"
                    .formatted(path, leaf.type(), found.type()));
          }
          return found;
        });
  }

  /// The 2-norm of all elements of all leaves together; at 0 it has no derivative (NaN).
  public static Tensor norm(Object tree) {
    return leaves(tree).stream()
        .map(leaf -> leaf.square().sum())
        .reduce(Tensor::plus)
        .orElseThrow(() -> TensorException.at("norm: the tree has no tensor"))
        .sqrt();
  }

  // A rebuilt tree has the class of the original, which is there for its type only.
  @SuppressWarnings({"unchecked", "UnusedVariable"})
  private static <T> T same(T original, Object rebuilt) {
    return (T) rebuilt;
  }
}
