package nestor.autodiff;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The transformations of functions: derivatives, mapping over examples, recomputation, loops.
///
/// Each takes a Java function of a tree of tensors (see [Tree]) and a tree to apply it at, and each
/// may be used inside any other, to any depth: a gradient of a gradient is a second derivative, a
/// `vmap` of a `grad` gives gradients per example. Functions may capture tensors of enclosing
/// transformations; their gradients flow. A traced tensor that outlives its call is an error when
/// it is used.
///
/// Meant to be imported whole: `import static nestor.autodiff.Transform.*;`
public final class Transform {
  private Transform() {}

  // ---------------------------------------------------------------- gradients

  /// The gradient of a function with a rank-0 result, of the type of the tree it is taken at.
  ///
  /// A leaf that the result does not depend on is an error that names it; see [Frozen] for leaves
  /// that are meant to get none.
  public static <T> T grad(Function<? super T, Tensor> f, T at) {
    return valueAndGrad(f, at).gradient();
  }

  /// The gradient, zero for frozen leaves.
  public static <T> T grad(Function<? super T, Tensor> f, T at, Frozen frozen) {
    return valueAndGrad(f, at, frozen).gradient();
  }

  /// A function's value and its gradient.
  ///
  /// @param value the value, rank 0
  /// @param gradient a tree like the one the gradient was taken at
  public record ValueAndGrad<T>(Tensor value, T gradient) {}

  /// The value and the gradient, computed together.
  public static <T> ValueAndGrad<T> valueAndGrad(Function<? super T, Tensor> f, T at) {
    return valueAndGrad(f, at, Frozen.NONE);
  }

  /// The value and the gradient, zero for frozen leaves.
  public static <T> ValueAndGrad<T> valueAndGrad(
      Function<? super T, Tensor> f, T at, Frozen frozen) {
    var out = valueAndGradWithAux(tree -> new WithAux<>(f.apply(tree), List.of()), at, frozen);
    return new ValueAndGrad<>(out.value(), out.gradient());
  }

  /// What a function gives besides the number that is differentiated, such as a new state.
  ///
  /// @param value the number that is differentiated, rank 0
  /// @param aux any tree
  public record WithAux<A>(Tensor value, A aux) {}

  /// A function's value, its gradient, and what else it gave.
  ///
  /// @param value the value, rank 0
  /// @param gradient a tree like the one the gradient was taken at
  /// @param aux the other result, as a constant
  public record ValueGradAndAux<T, A>(Tensor value, T gradient, A aux) {}

  /// The value, the gradient and a second result of a function, computed together.
  public static <T, A> ValueGradAndAux<T, A> valueAndGradWithAux(
      Function<? super T, WithAux<A>> f, T at) {
    return valueAndGradWithAux(f, at, Frozen.NONE);
  }

  /// The value, the gradient and a second result of a function; zero gradients for frozen leaves.
  public static <T, A> ValueGradAndAux<T, A> valueAndGradWithAux(
      Function<? super T, WithAux<A>> f, T at, Frozen frozen) {
    Tape tape = new Tape("grad");
    try {
      List<Tensor> leaves = new ArrayList<>();
      T traced =
          Tree.mapWithPath(
              at,
              (path, leaf) -> {
                if (frozen.covers(path)) {
                  return leaf;
                }
                leaves.add(leaf);
                return tape.leaf(differentiable("grad", path, leaf));
              });
      WithAux<A> out = f.apply(traced);
      Tensor value = out == null ? null : out.value();
      if (value == null) {
        throw TensorException.at("grad: the function gave null");
      }
      if (!value.dtype().isFloat() || value.shape().rank() != 0) {
        throw TensorException.at(
            "grad: the function must give a single floating number, but gave %s; reduce it with sum or mean"
                .formatted(value.type()));
      }
      frozen.requireUse(at);
      A aux = Tree.map(out.aux(), tape::primal);
      tape.close();
      Tensor primal = tape.primal(value);
      @Nullable Tensor[] gradients =
          tape.pull(
              new Tensor[] {value},
              new Tensor[] {primal.onesLike()},
              new @Nullable Tensor[leaves.size()]);
      int[] next = {0};
      T gradient =
          Tree.mapWithPath(
              at,
              (path, leaf) -> {
                if (frozen.covers(path)) {
                  return leaf.zerosLike();
                }
                Tensor g = gradients[next[0]++];
                if (g == null) {
                  throw unreached(path);
                }
                return g;
              });
      return new ValueGradAndAux<>(primal, gradient, aux);
    } finally {
      tape.close();
    }
  }

  private static TensorException unreached(String path) {
    return TensorException.at(
        path.isEmpty()
            ? "grad: the result does not depend on the argument; where a zero is meant, use vjp"
            : "grad: the result does not depend on the parameter '%s'; use it, or declare it with Frozen.paths(\"%s\")"
                .formatted(path, path));
  }

  private static Tensor differentiable(String transform, String path, Tensor leaf) {
    if (!leaf.dtype().isFloat()) {
      throw TensorException.at(
          "%s: the parameter %s is %s, which has no derivative; leave it out of the tree and capture it, or freeze it"
              .formatted(transform, name(path), leaf.type()));
    }
    return leaf;
  }

  private static String name(String path) {
    return path.isEmpty() ? "that it was taken at" : "'" + path + "'";
  }

  // ---------------------------------------------------------------- products with the Jacobian

  /// A function's value and its vector-Jacobian product.
  ///
  /// @param value the function's value
  /// @param pullback maps a cotangent, a tree like the value, to one like the function's argument;
  ///   may be called any number of times, and inside other transformations
  public record Vjp<T, R>(R value, Function<R, T> pullback) {}

  /// The vector-Jacobian product; zero for leaves that the value does not depend on.
  public static <T, R> Vjp<T, R> vjp(Function<? super T, ? extends R> f, T at) {
    return vjp("vjp", f, at);
  }

  private static <T, R> Vjp<T, R> vjp(String label, Function<? super T, ? extends R> f, T at) {
    Tape tape = new Tape(label);
    try {
      List<Tensor> leaves = Tree.leaves(at);
      T traced = Tree.mapWithPath(at, (path, leaf) -> tape.leaf(differentiable(label, path, leaf)));
      R out = f.apply(traced);
      R value = Tree.map(out, tape::primal);
      Tensor[] outputs = Tree.leaves(out).toArray(Tensor[]::new);
      Function<R, T> pullback =
          cotangent -> {
            requireAlike(label + ": the cotangent", value, cotangent);
            @Nullable Tensor[] pulled =
                tape.pull(
                    outputs,
                    Tree.leaves(cotangent).toArray(Tensor[]::new),
                    new @Nullable Tensor[leaves.size()]);
            int[] next = {0};
            return Tree.map(
                at,
                leaf -> {
                  Tensor g = pulled[next[0]++];
                  return g == null ? leaf.zerosLike() : g;
                });
          };
      return new Vjp<>(value, pullback);
    } finally {
      tape.close();
    }
  }

  private static <T> void requireAlike(String what, T expected, T given) {
    TreeNodes.sameStructure(expected, given);
    var types = Tree.leaves(given).iterator();
    Tree.mapWithPath(
        expected,
        (path, leaf) -> {
          TensorType type = types.next().type();
          if (!type.equals(leaf.type())) {
            throw TensorException.at(
                "%s%s must be %s like its tensor, but is %s"
                    .formatted(what, path.isEmpty() ? "" : " '" + path + "'", leaf.type(), type));
          }
          return leaf;
        });
  }

  /// A function's value and its Jacobian-vector product.
  ///
  /// @param value the function's value
  /// @param tangent its derivative in the given direction, a tree like the value
  public record Jvp<R>(R value, R tangent) {}

  /// The derivative in a direction: the Jacobian-vector product, made of two vector-Jacobian
  /// products (the pullback is linear in the cotangent, and its transpose is what is sought).
  public static <T, R> Jvp<R> jvp(Function<? super T, ? extends R> f, T at, T direction) {
    return jvp("jvp", f, at, direction);
  }

  private static <T, R> Jvp<R> jvp(
      String label, Function<? super T, ? extends R> f, T at, T direction) {
    requireAlike(label + ": the direction", at, direction);
    Vjp<T, R> forward = vjp(label, f, at);
    R zero =
        Tree.mapWithPath(
            forward.value(),
            (path, leaf) -> {
              if (!leaf.dtype().isFloat()) {
                throw TensorException.at(
                    "%s: the result%s is %s, which has no derivative"
                        .formatted(label, path.isEmpty() ? "" : " '" + path + "'", leaf.type()));
              }
              return leaf.zerosLike();
            });
    Vjp<R, T> transposed = vjp(label, forward.pullback(), zero);
    return new Jvp<>(forward.value(), transposed.pullback().apply(direction));
  }

  /// The product of a rank-0 function's Hessian with a direction; zero where there is no curvature.
  public static <T> T hvp(Function<? super T, Tensor> f, T at, T direction) {
    return jvp("hvp", (T tree) -> gradOrZero(f, tree), at, direction).tangent();
  }

  private static <T> T gradOrZero(Function<? super T, Tensor> f, T at) {
    Vjp<T, Tensor> out = vjp("hvp", f, at);
    if (!out.value().dtype().isFloat() || out.value().shape().rank() != 0) {
      throw TensorException.at(
          "hvp: the function must give a single floating number, but gave " + out.value().type());
    }
    return out.pullback().apply(out.value().onesLike());
  }

  /// The same tree as constants: no gradient flows through it.
  public static <T> T stopGradient(T tree) {
    return Tree.map(tree, Tensor::stopGradient);
  }

  // ---------------------------------------------------------------- mapping

  /// Maps a function written for one example over axis 0 of every leaf, all examples at once; the
  /// results are stacked along axis 0. What the function captures is shared by all examples.
  public static <T, R> R vmap(Function<? super T, ? extends R> f, T examples) {
    List<Tensor> leaves = Tree.leaves(examples);
    int size = sizeOfAxis0("vmap", examples);
    boolean[] mapped = new boolean[leaves.size()];
    java.util.Arrays.fill(mapped, true);
    TreeFunction<T, R> structured = new TreeFunction<>(f, examples);
    Tensor[] out = Batch.map(structured, leaves.toArray(Tensor[]::new), mapped, size);
    return structured.result(out);
  }

  /// Maps a function of two trees over axis 0 of every leaf of both.
  public static <A, B, R> R vmap(
      BiFunction<? super A, ? super B, ? extends R> f, A first, B second) {
    return vmap(
        (Pair<A, B> pair) -> f.apply(pair.first(), pair.second()), new Pair<>(first, second));
  }

  private static int sizeOfAxis0(String label, Object examples) {
    int size = -1;
    String sizePath = "";
    for (var leaf : Tree.toMap(examples).entrySet()) {
      Shape shape = leaf.getValue().shape();
      if (shape.rank() == 0) {
        throw TensorException.at(
            "%s: the leaf %s is a single number and has no axis 0; capture it instead"
                .formatted(label, name(leaf.getKey())));
      }
      if (size >= 0 && shape.dim(0) != size) {
        throw TensorException.at(
            "%s: axis 0 has size %d in '%s' but %d in '%s'"
                .formatted(label, size, sizePath, shape.dim(0), leaf.getKey()));
      }
      size = shape.dim(0);
      sizePath = leaf.getKey();
    }
    if (size < 0) {
      throw TensorException.at(label + ": there is no tensor with an axis 0");
    }
    return size;
  }

  // ---------------------------------------------------------------- compilation

  /// The same function, compiled: traced at its first call for each structure, types, shapes and
  /// backend of its argument, and run from then on as a [Plan] in which operators are fused.
  ///
  /// Tensors that the function captures are constants of the plan, as are all Java values it reads.
  /// It cannot branch on a tensor's value. Called inside another transformation, it is a part of
  /// what is transformed there.
  public static <T, R> Compiled<T, R> compile(Function<? super T, ? extends R> f) {
    return Compiled.of(f);
  }

  /// The same function of two trees, compiled.
  public static <S, D, R> Compiled.Binary<S, D, R> compile(
      BiFunction<? super S, ? super D, ? extends R> f) {
    return Compiled.Binary.of(f);
  }

  // ---------------------------------------------------------------- recomputation, own derivatives

  /// The function's value, without keeping what is computed on the way: the backward pass computes
  /// it again. First derivatives are the same to the bit, as long as the function computes nothing
  /// from captured tensors alone: that is done outside, once, so contributions are added in another
  /// order.
  ///
  /// The function is traced, so it cannot branch on values.
  public static <T, R> R checkpoint(Function<? super T, ? extends R> f, T at) {
    DistinctLeaves leaves = DistinctLeaves.of(at);
    TreeFunction<T, R> structured = new TreeFunction<>(f, at);
    Tensor[] in = leaves.tensors();
    Graph graph = Recorder.trace("checkpoint", leaves.repeatedFor(structured), in);
    return structured.result(Dispatch.call(new Checkpoint(graph), graph.operands(in)));
  }

  /// A function's own vector-Jacobian product.
  @FunctionalInterface
  public interface Backward<T, R> {
    /// The cotangent of the argument that belongs to a cotangent of the result. Derivatives of
    /// higher order are derivatives of this function.
    T apply(T at, R result, R cotangent);
  }

  /// The value of a function that brings its own vector-Jacobian product, as for straight-through
  /// estimates or implicit gradients.
  ///
  /// No tape sees the forward function, so it may read values and loop until it converges, unless
  /// it runs inside `vmap`, `checkpoint`, `scan` or `cond`, where tensors have no single value.
  /// What it captures must not be traced, since its gradient would be lost.
  public static <T, R> R customVjp(
      Function<? super T, ? extends R> f, Backward<T, R> backward, T at) {
    TreeFunction<T, R> structured = new TreeFunction<>(f, at);
    Tensor[] in = Tree.leaves(at).toArray(Tensor[]::new);
    UnaryOperator<Tensor[]> flatBackward =
        all -> {
          List<Tensor> list = List.of(all);
          int results = (all.length - in.length) / 2;
          T argument = Tree.withLeaves(at, list.subList(0, in.length));
          R result = structured.result(slice(all, in.length, results));
          R cotangent = structured.result(slice(all, in.length + results, results));
          T pulled = backward.apply(argument, result, cotangent);
          TreeNodes.sameStructure(at, pulled);
          return Tree.leaves(pulled).toArray(Tensor[]::new);
        };
    return structured.result(Dispatch.call(new CustomVjp(structured, flatBackward), in));
  }

  private static Tensor[] slice(Tensor[] all, int from, int count) {
    return java.util.Arrays.copyOfRange(all, from, from + count);
  }

  // ---------------------------------------------------------------- loops

  /// What one step of a [scan][#scan] gives.
  ///
  /// @param carry what the next step starts from
  /// @param output what is collected of this step, any tree, such as `List.of()` for nothing
  public record Step<C, Y>(C carry, Y output) {}

  /// What a [scan][#scan] gives.
  ///
  /// @param carry what the last step left
  /// @param outputs the outputs of all steps, stacked along axis 0
  public record Scanned<C, Y>(C carry, Y outputs) {}

  /// A loop over time, (hₜ₊₁, yₜ) = f(hₜ, xₜ), with time as axis 0 of every leaf of `xs`.
  ///
  /// ```java
  /// var run = scan((Tensor h, Tensor x) -> {
  ///   Tensor next = x.matmul(wx).plus(h.matmul(wh)).tanh();
  ///   return new Step<>(next, next.matmul(out));
  /// }, h0, xs); // xs [time, batch, in], run.outputs() [time, batch, out], run.carry() = the last h
  /// ```
  ///
  /// The body is traced once, whatever the number of steps, so it cannot branch on values; where
  /// something happens in some steps only, use [#cond]. The carry must keep its structure, shapes
  /// and element types; integers, such as those of a [Key], may be part of it. What the body
  /// captures gets its gradient.
  ///
  /// The backward pass reads the carries hₜ and computes each step again. First derivatives are
  /// those of the same loop in Java to the bit, but for two orders of addition: contributions to a
  /// tensor that is output and next carry at the same time, and, as with [#checkpoint], what the
  /// body computes from captured tensors alone, which is done once. Where no cotangent arrives at a
  /// part of the last carry, the backward pass starts from zeros there.
  public static <C, X, Y> Scanned<C, Y> scan(
      BiFunction<? super C, ? super X, Step<C, Y>> body, C init, X xs) {
    return scan(body, init, xs, Keep.ALL);
  }

  /// The same with a choice of what is kept for the backward pass.
  public static <C, X, Y> Scanned<C, Y> scan(
      BiFunction<? super C, ? super X, Step<C, Y>> body, C init, X xs, Keep keep) {
    return new TreeScan<C, X, Y>(body, init, xs, sizeOfAxis0("scan", xs)).keeping(keep);
  }

  /// A loop of a number of steps that have no inputs.
  public static <C, Y> Scanned<C, Y> scan(
      Function<? super C, Step<C, Y>> body, C init, int length) {
    return scan(body, init, length, Keep.ALL);
  }

  /// The same with a choice of what is kept for the backward pass.
  public static <C, Y> Scanned<C, Y> scan(
      Function<? super C, Step<C, Y>> body, C init, int length, Keep keep) {
    if (length < 0) {
      throw TensorException.at("scan: there are no " + length + " steps");
    }
    return new TreeScan<C, List<Tensor>, Y>(
            (carry, none) -> body.apply(carry), init, List.of(), length)
        .keeping(keep);
  }

  /// One of two functions of a tree, as a truth value of rank 0 decides; both must give trees of
  /// one structure with tensors of the same types.
  ///
  /// ```java
  /// Tensor due = step.remainder(every).equal(zero);
  /// State next = cond(due, s -> s.written(), s -> s, state);
  /// ```
  ///
  /// Both functions are traced, and only the chosen one runs, with whatever it computes from
  /// captured tensors; the backward pass computes it again. Where `vmap` maps the truth value, both
  /// functions run on all examples and each example takes its own result; where an example does not
  /// take a function, that function sees another example in its place, so that it is never
  /// evaluated where it is not meant to be, and no NaN from there enters a gradient. (If no example
  /// takes it, it sees the first one, and its results and cotangents are dropped.)
  public static <T, R> R cond(
      Tensor predicate,
      Function<? super T, ? extends R> whenTrue,
      Function<? super T, ? extends R> whenFalse,
      T at) {
    return new TreeCond<T, R>(whenTrue, whenFalse, at).choose(predicate);
  }
}
