package nestor.autodiff.plan;

import java.util.List;
import java.util.Map;
import nestor.autodiff.TensorType;

/// A program in terms of views and nodes: what only moves elements has become a view of what it
/// moves, wherever strides can say it.
///
/// @param types the type of each numbered value
/// @param inputs how many of the first values are operands
/// @param constants arrays of values that are known beforehand
/// @param numbers values that are one known number
/// @param nodes what is computed, in order
/// @param outputs the numbers of the results, each computed by a node of its own
record Lowered(
    List<TensorType> types,
    int inputs,
    Map<Integer, Object> constants,
    Map<Integer, Double> numbers,
    List<Node> nodes,
    int[] outputs) {}
