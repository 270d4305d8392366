package nestor.train.command;

import java.util.List;
import nestor.train.Failure;
import nestor.train.Mode;
import nestor.train.Nearest;

/// The modes by the names that `--mode` takes.
final class Modes {
  private Modes() {}

  /// The mode of this name.
  static Mode named(String name) {
    List<Mode> modes = List.of(Mode.values());
    return modes.stream()
        .filter(mode -> mode.toString().equals(name))
        .findFirst()
        .orElseThrow(() -> {
          List<String> names = modes.stream().map(Mode::toString).toList();
          return new Failure("--mode cannot be '%s'%s".formatted(name, Nearest.hint(name, names)));
        });
  }

  /// The mode of a run. Where every operator is checked, there is nothing to compile.
  ///
  /// @param name what `--mode` was given, empty for nothing
  static Mode ofChecked(String name) {
    if (!name.isEmpty() && named(name) == Mode.COMPILED) {
      throw new Failure(
          "--check-finite looks at every operator, which a compiled plan has no more: leave out --mode compiled");
    }
    return Mode.EAGER;
  }
}
