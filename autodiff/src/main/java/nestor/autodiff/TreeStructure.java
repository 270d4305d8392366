package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What a tree is without its tensors: takes trees of one structure apart and makes new ones
/// without looking for paths.
sealed interface TreeStructure {
  /// The structure of a tree.
  static TreeStructure of(@Nullable Object tree) {
    return switch (tree) {
      case Tensor leaf -> Leaf.LEAF;
      case List<?> list -> new Items(list.stream().map(TreeStructure::of).toList());
      case Map<?, ?> map -> {
        Map<String, Object> sorted = TreeNodes.sorted(map, TreePath.ROOT);
        yield new Entries(
            sorted.keySet().toArray(String[]::new),
            sorted.values().stream().map(TreeStructure::of).toList());
      }
      case Record record -> {
        TreeNodes.RecordShape shape = TreeNodes.shape(record);
        List<TreeStructure> parts = new ArrayList<>();
        for (Object part : shape.parts(record)) {
          parts.add(of(part));
        }
        yield new Parts(shape, parts.toArray(TreeStructure[]::new));
      }
      case null, default -> new Constant(tree);
    };
  }

  /// Puts the leaves of a tree behind the first `at` in `leaves`.
  ///
  /// @return how many leaves there are now, or −1 if the tree is of another structure
  int leaves(@Nullable Object tree, Tensor[] leaves, int at);

  /// The tree with the leaves that `next` has, in their order.
  ///
  /// @param depth how many nodes are above
  @Nullable Object build(Builder next, int depth);

  /// Gives leaves one after the other, and arrays for the components of records, which are used
  /// again for each.
  final class Builder {
    private final Supplier<Tensor> leaves;
    private @Nullable Object[][][] parts = new @Nullable Object[0][][];

    /// @param leaves gives the next leaf
    Builder(Supplier<Tensor> leaves) {
      this.leaves = leaves;
    }

    private @Nullable Object[] parts(int depth, int count) {
      if (depth >= parts.length) {
        parts = Arrays.copyOf(parts, depth + 1);
      }
      if (parts[depth] == null || count >= parts[depth].length) {
        parts[depth] =
            parts[depth] == null
                ? new @Nullable Object[count + 1][]
                : Arrays.copyOf(parts[depth], count + 1);
      }
      if (parts[depth][count] == null) {
        parts[depth][count] = new @Nullable Object[count];
      }
      return parts[depth][count];
    }
  }

  /// A tensor.
  enum Leaf implements TreeStructure {
    LEAF;

    @Override
    public int leaves(@Nullable Object tree, Tensor[] leaves, int at) {
      if (!(tree instanceof Tensor leaf) || at == leaves.length) {
        return -1;
      }
      leaves[at] = leaf;
      return at + 1;
    }

    @Override
    public Object build(Builder next, int depth) {
      return next.leaves.get();
    }
  }

  /// Anything that is no node.
  record Constant(@Nullable Object value) implements TreeStructure {
    @Override
    public int leaves(@Nullable Object tree, Tensor[] leaves, int at) {
      return Objects.equals(tree, value) ? at : -1;
    }

    @Override
    public @Nullable Object build(Builder next, int depth) {
      return value;
    }
  }

  /// A list.
  record Items(List<TreeStructure> items) implements TreeStructure {
    @Override
    public int leaves(@Nullable Object tree, Tensor[] leaves, int at) {
      if (!(tree instanceof List<?> list) || list.size() != items.size()) {
        return -1;
      }
      int end = at;
      for (int i = 0; i < items.size() && end >= 0; i++) {
        end = items.get(i).leaves(list.get(i), leaves, end);
      }
      return end;
    }

    @Override
    public Object build(Builder next, int depth) {
      if (items.size() == 1) {
        return List.of(items.getFirst().build(next, depth + 1));
      }
      if (items.size() == 2) {
        Object first = items.getFirst().build(next, depth + 1);
        return List.of(first, items.getLast().build(next, depth + 1));
      }
      if (items.size() == 3) {
        Object first = items.getFirst().build(next, depth + 1);
        Object second = items.get(1).build(next, depth + 1);
        return List.of(first, second, items.getLast().build(next, depth + 1));
      }
      Object[] built = new Object[items.size()];
      for (int i = 0; i < built.length; i++) {
        built[i] = items.get(i).build(next, depth + 1);
      }
      return Collections.unmodifiableList(Arrays.asList(built));
    }
  }

  /// A map.
  record Entries(String[] keys, List<TreeStructure> items) implements TreeStructure {
    @Override
    public int leaves(@Nullable Object tree, Tensor[] leaves, int at) {
      if (!(tree instanceof Map<?, ?> map) || map.size() != keys.length) {
        return -1;
      }
      int end = at;
      for (int i = 0; i < keys.length && end >= 0; i++) {
        end = map.containsKey(keys[i]) ? items.get(i).leaves(map.get(keys[i]), leaves, end) : -1;
      }
      return end;
    }

    @Override
    public Object build(Builder next, int depth) {
      Map<String, @Nullable Object> built = new LinkedHashMap<>();
      for (int i = 0; i < keys.length; i++) {
        built.put(keys[i], items.get(i).build(next, depth + 1));
      }
      return Collections.unmodifiableMap(built);
    }
  }

  /// A record.
  record Parts(TreeNodes.RecordShape shape, TreeStructure[] parts) implements TreeStructure {
    @Override
    public int leaves(@Nullable Object tree, Tensor[] leaves, int at) {
      if (tree == null || tree.getClass() != shape.type()) {
        return -1;
      }
      int end = at;
      for (int i = 0; i < parts.length && end >= 0; i++) {
        end = parts[i].leaves(shape.part(tree, i), leaves, end);
      }
      return end;
    }

    @Override
    public Object build(Builder next, int depth) {
      @Nullable Object[] built = next.parts(depth, parts.length);
      for (int i = 0; i < built.length; i++) {
        built[i] = parts[i].build(next, depth + 1);
      }
      return shape.make(built);
    }
  }
}
