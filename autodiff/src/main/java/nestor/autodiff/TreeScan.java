package nestor.autodiff;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/// Traces the body of a scan over trees, and scans with it.
///
/// @param body the body
/// @param init the first carry
/// @param xs the inputs of all steps, with time as axis 0
/// @param length the number of steps
record TreeScan<C, X, Y>(
    BiFunction<? super C, ? super X, Transform.Step<C, Y>> body, C init, X xs, int length) {

  Transform.Scanned<C, Y> keeping(Keep keep) {
    Tensor[] carry = Tree.leaves(init).toArray(Tensor[]::new);
    Tensor[] inputs = Tree.leaves(xs).toArray(Tensor[]::new);
    TensorType[] types = Arrays.copyOf(Dispatch.types(carry), carry.length + inputs.length);
    for (int i = 0; i < inputs.length; i++) {
      types[carry.length + i] = new TensorType(inputs[i].dtype(), inputs[i].shape().dropFirst());
    }
    TreeFunction<Pair<C, X>, Transform.Step<C, Y>> step =
        new TreeFunction<>(
            at -> checked(body.apply(at.first(), at.second())), new Pair<>(init, xs));
    Tensor[] beside = Arrays.copyOf(carry, types.length);
    System.arraycopy(inputs, 0, beside, carry.length, inputs.length);
    Graph graph = Recorder.trace("scan", step, types, beside);
    Transform.Step<C, Y> out = step.result(keep.scan(graph, length, carry, inputs));
    return new Transform.Scanned<>(out.carry(), out.output());
  }

  private Transform.Step<C, Y> checked(Transform.Step<C, Y> out) {
    if (out == null) {
      throw TensorException.at("scan: the body gave null; it must give a Step");
    }
    TreeNodes.sameStructure(new Carry<>(init), new Carry<>(out.carry()));
    List<TensorType> before = Tree.leaves(init).stream().map(Tensor::type).toList();
    List<TensorType> after = Tree.leaves(out.carry()).stream().map(Tensor::type).toList();
    List<String> paths = Tree.paths(init);
    for (int i = 0; i < before.size(); i++) {
      if (!before.get(i).equals(after.get(i))) {
        throw TensorException.at(
            "scan: the carry%s enters a step as %s and leaves it as %s; it must stay the same"
                .formatted(
                    paths.get(i).isEmpty() ? "" : " '" + paths.get(i) + "'",
                    before.get(i),
                    after.get(i)));
      }
    }
    return out;
  }

  /// Gives the paths in messages their first word.
  private record Carry<C>(C carry) {}
}
