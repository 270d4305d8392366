package nestor.train;

import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import nestor.autodiff.Transform;

/// How functions of trees are run.
public enum Mode {
  /// As compiled plans, see [Transform#compile].
  COMPILED,
  /// Operator by operator, each when Java comes to it.
  EAGER;

  /// A function, run in this mode.
  public <T, R> Function<T, R> of(Function<T, R> f) {
    return switch (this) {
      case COMPILED -> Transform.compile(f);
      case EAGER -> f;
    };
  }

  /// A function of two trees, run in this mode.
  public <S, D, R> BiFunction<S, D, R> of(BiFunction<S, D, R> f) {
    return switch (this) {
      case COMPILED -> Transform.compile(f);
      case EAGER -> f;
    };
  }

  /// A training step, run in this mode, after which its first argument, the state, must not be used
  /// any more: compiled, its memory goes to the results.
  public <S, D, R> BiFunction<S, D, R> step(BiFunction<S, D, R> f) {
    return switch (this) {
      case COMPILED -> Transform.compile(f).donating();
      case EAGER -> f;
    };
  }

  /// A training step from state to state, run in this mode, after which the state it was given must
  /// not be used any more.
  public <S> UnaryOperator<S> step(UnaryOperator<S> f) {
    return switch (this) {
      case COMPILED -> Transform.compile((Function<S, S>) f).donating()::apply;
      case EAGER -> f;
    };
  }

  /// The mode of this name.
  ///
  /// @throws Failure if there is none
  public static Mode named(String name) {
    List<Mode> modes = List.of(values());
    return modes.stream()
        .filter(mode -> mode.toString().equals(name))
        .findFirst()
        .orElseThrow(() -> {
          List<String> names = modes.stream().map(Mode::toString).toList();
          return new Failure("--mode cannot be '%s'%s".formatted(name, Nearest.hint(name, names)));
        });
  }

  /// The name that `--mode` takes.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
