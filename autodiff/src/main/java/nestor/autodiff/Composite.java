package nestor.autodiff;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A function of trees, written with tensor operations, for which a backend may have a kernel of
/// its own.
///
/// The function stays the definition. Where its operands are on a backend that has a kernel, and no
/// [Transform#vmap] maps over them, the kernel runs instead, after it has been compared with the
/// definition once for each list of operand types. Derivatives of any order are those of the
/// definition, which the backward pass runs again, unless the backend has a kernel for [#backward],
/// too.
///
/// ```java
/// static final Composite<Pair, Tensor> SCORE = Composite.named("score", p -> …);
/// Tensor s = SCORE.apply(new Pair(q, k));
/// ```
///
/// @param <T> the argument, a tree
/// @param <R> the result, a tree
public final class Composite<T, R> implements Function<T, R> {
  private final Function<? super T, ? extends R> definition;
  private final Pass forward;

  private Composite(String name, Function<? super T, ? extends R> definition) {
    this.definition = definition;
    this.forward = new Pass(name);
  }

  /// One of the passes of a composite function, as what kernels are attached to. The operands of
  /// the first one are the leaves of the argument, its results the leaves of the result. Those of
  /// its backward pass are the same operands and behind them the cotangents of the floating
  /// results; its results are the cotangents of the floating operands.
  public static final class Pass {
    private final String name;
    private volatile @Nullable Pass backward;

    private Pass(String name) {
      this.name = name;
    }

    /// The function's name in messages.
    public String name() {
      return name;
    }

    /// The pass that pulls cotangents of this one's results back to its operands.
    public synchronized Pass backward() {
      Pass known = backward;
      if (known == null) {
        known = new Pass(name + " backward");
        backward = known;
      }
      return known;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /// A composite function of this name.
  public static <T, R> Composite<T, R> named(
      String name, Function<? super T, ? extends R> definition) {
    return new Composite<>(name, definition);
  }

  /// The function's name in messages.
  public String name() {
    return forward.name;
  }

  /// What a kernel for the function's value is attached to.
  public Pass forward() {
    return forward;
  }

  /// What a kernel for its vector-Jacobian product is attached to.
  public Pass backward() {
    return forward.backward();
  }

  /// The function's value.
  ///
  /// @throws TensorException if the definition captures a traced tensor, which no kernel could know
  ///   of: it belongs into the argument
  @Override
  public R apply(T at) {
    TreeFunction<T, R> structured = new TreeFunction<>(definition, at);
    Tensor[] in = Tree.leaves(at).toArray(Tensor[]::new);
    Graph graph = Recorder.trace(name(), structured, Dispatch.types(in), in);
    for (Graph.Capture capture : graph.captures()) {
      if (Dispatch.levelOf(capture.tensor()) != null) {
        throw TensorException.at(
            "%s: the definition captured a traced %s, of which a kernel would not know; make it a part of the argument"
                .formatted(name(), capture.tensor().type()));
      }
    }
    return structured.result(Dispatch.call(new CompositeCall(forward, graph), in));
  }
}
