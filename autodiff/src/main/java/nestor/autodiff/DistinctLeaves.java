package nestor.autodiff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/// The leaves of a tree, each tensor once.
///
/// @param tensors the different tensors
/// @param places for each leaf, which of them it is
record DistinctLeaves(Tensor[] tensors, int[] places) {
  static DistinctLeaves of(Object tree) {
    List<Tensor> leaves = Tree.leaves(tree);
    List<Tensor> distinct = new ArrayList<>();
    int[] places = new int[leaves.size()];
    for (int i = 0; i < places.length; i++) {
      Tensor leaf = leaves.get(i);
      int place = 0;
      while (place < distinct.size() && distinct.get(place) != leaf) {
        place++;
      }
      if (place == distinct.size()) {
        distinct.add(leaf);
      }
      places[i] = place;
    }
    return new DistinctLeaves(distinct.toArray(Tensor[]::new), places);
  }

  /// A function of all leaves as one of the different tensors.
  UnaryOperator<Tensor[]> repeatedFor(UnaryOperator<Tensor[]> f) {
    return different -> {
      Tensor[] all = new Tensor[places.length];
      Arrays.setAll(all, i -> different[places[i]]);
      return f.apply(all);
    };
  }
}
