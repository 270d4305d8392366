package nestor.hope.rule;

import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.valueAndGradWithAux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.WithAux;
import nestor.autodiff.Tree;

/// The gradients of ½ ‖M(k) − v‖² for the weights of a memory, one for each token, in factors: for
/// a matrix with the input x and the output's gradient δ it is δ xᵀ.
///
/// @param inputs x of each matrix, `[samples, time, in]`
/// @param errors δ of each matrix, `[samples, time, out]`
record Surprise(List<Tensor> inputs, List<Tensor> errors) {
  /// The gradients for tokens that all find the memory as it is.
  static Surprise of(FastMemory memory, Tensor k, Tensor v) {
    List<Tensor> weights = Tree.leaves(memory);
    boolean[] direct = new boolean[weights.size()];
    List<Tensor> none = weights.stream().map(w -> zeros(k, w.shape().dim(-2))).toList();
    var out =
        valueAndGradWithAux(
            (List<Tensor> offsets) -> {
              Tensor[] inputs = new Tensor[weights.size()];
              Tensor answer =
                  memory.through(
                      (matrix, x) -> {
                        inputs[matrix] = x;
                        direct[matrix] = x == k;
                        return x.matmulTransposed(weights.get(matrix)).plus(offsets.get(matrix));
                      },
                      k);
              return new WithAux<>(half(answer, v), new ArrayList<>(Arrays.asList(inputs)));
            },
            none);
    List<Tensor> inputs = new ArrayList<>(out.aux());
    for (int i = 0; i < direct.length; i++) {
      if (direct[i]) {
        inputs.set(i, k); // the same object, which tells matrices that share their input
      }
    }
    return new Surprise(List.copyOf(inputs), out.gradient());
  }

  /// The gradient summed over the tokens, for each sample's weights.
  static <M extends FastMemory> M whole(M memory, Tensor k, Tensor v) {
    return grad((M m) -> half(m.read(k), v), memory);
  }

  private static Tensor half(Tensor answer, Tensor v) {
    return answer.minus(v).square().sum().times(0.5);
  }

  private static Tensor zeros(Tensor like, int width) {
    return Tensor.zeros(like.dtype(), like.shape().dim(0), like.shape().dim(1), width);
  }
}
