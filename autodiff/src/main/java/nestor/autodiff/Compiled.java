package nestor.autodiff;

import java.util.function.BiFunction;
import java.util.function.Function;

/// A function that [Transform#compile] made: traced once for each structure, types, shapes and
/// backend of its argument, and run as a [Plan] from then on.
///
/// @param <T> the argument, a tree
/// @param <R> the result, a tree
public final class Compiled<T, R> implements Function<T, R> {
  private final Function<? super T, ? extends R> f;
  private final String label;
  private final PlanCache<T, R> plans;

  private Compiled(
      Function<? super T, ? extends R> f, String label, Function<T, Integer> donatedLeaves) {
    this.f = f;
    this.label = label;
    this.plans = new PlanCache<>(f, donatedLeaves, label);
  }

  static <T, R> Compiled<T, R> of(Function<? super T, ? extends R> f) {
    return new Compiled<>(f, label(), at -> 0);
  }

  private static String label() {
    return "the function compiled at " + CallerLine.find();
  }

  /// The function's value.
  @Override
  public R apply(T at) {
    return plans.apply(at);
  }

  /// The same function, but each call consumes its argument: the memory of its tensors is used for
  /// the results. Using a consumed tensor later is an error that names this function.
  public Compiled<T, R> donating() {
    return new Compiled<>(f, label, at -> Tree.leaves(at).size());
  }

  /// The plan for arguments like this one, which is not consumed.
  public Plan plan(T like) {
    return plans.plan(like);
  }

  /// A compiled function of two trees, such as a training step of a state and data.
  ///
  /// @param <S> the first argument, a tree
  /// @param <D> the second argument, a tree
  /// @param <R> the result, a tree
  public static final class Binary<S, D, R> implements BiFunction<S, D, R> {
    private final BiFunction<? super S, ? super D, ? extends R> f;
    private final String label;
    private final PlanCache<Pair<S, D>, R> plans;

    private Binary(
        BiFunction<? super S, ? super D, ? extends R> f,
        String label,
        Function<Pair<S, D>, Integer> donatedLeaves) {
      this.f = f;
      this.label = label;
      this.plans =
          new PlanCache<>(pair -> f.apply(pair.first(), pair.second()), donatedLeaves, label);
    }

    static <S, D, R> Binary<S, D, R> of(BiFunction<? super S, ? super D, ? extends R> f) {
      return new Binary<>(f, label(), pair -> 0);
    }

    /// The function's value.
    @Override
    public R apply(S first, D second) {
      return plans.apply(new Pair<>(first, second));
    }

    /// The same function, but each call consumes its first argument: the memory of that tree's
    /// tensors is used for the results. Using a consumed tensor later is an error that names this
    /// function.
    public Binary<S, D, R> donating() {
      return new Binary<>(f, label, pair -> Tree.leaves(pair.first()).size());
    }

    /// The plan for arguments like these, which are not consumed.
    public Plan plan(S first, D second) {
      return plans.plan(new Pair<>(first, second));
    }
  }
}
