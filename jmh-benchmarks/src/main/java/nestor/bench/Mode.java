package nestor.bench;

import static nestor.autodiff.Transform.compile;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import nestor.autodiff.Compiled;
import nestor.train.Failure;
import nestor.train.Nearest;

/// How the functions of a workload run: the one place where they are transformed before they are
/// timed.
public enum Mode {
  /// As they are written, operator by operator.
  EAGER {
    @Override
    public <A, R> Function<A, R> function(Function<A, R> f) {
      return f;
    }

    @Override
    public <S> UnaryOperator<S> step(UnaryOperator<S> f) {
      return f;
    }
  },

  /// As plans; a step takes over the memory of the state that it is given.
  COMPILED {
    @Override
    public <A, R> Function<A, R> function(Function<A, R> f) {
      return compile(f);
    }

    @Override
    public <S> UnaryOperator<S> step(UnaryOperator<S> f) {
      Compiled<S, S> compiled = compile((Function<S, S>) f);
      return compiled.donating()::apply;
    }
  };

  /// A function of a tree whose argument may be used again.
  public abstract <A, R> Function<A, R> function(Function<A, R> f);

  /// A step from state to state, which nobody uses again once the next one is there.
  public abstract <S> UnaryOperator<S> step(UnaryOperator<S> f);

  /// The mode of this name, in small letters.
  public static Mode named(String name) {
    List<String> names = Stream.of(values()).map(Mode::lowerCase).toList();
    if (!names.contains(name)) {
      throw new Failure("there is no mode '%s'%s".formatted(name, Nearest.hint(name, names)));
    }
    return values()[names.indexOf(name)];
  }

  private String lowerCase() {
    return name().toLowerCase(Locale.ROOT);
  }
}
