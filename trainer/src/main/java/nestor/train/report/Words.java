package nestor.train.report;

import java.util.Locale;
import java.util.regex.Pattern;

/// Names of metrics as one reads them: `metaLoss` as meta loss, `fast.grad_norm` as fast · grad
/// norm.
final class Words {
  private static final Pattern HUMP =
      Pattern.compile("(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])");
  private static final Pattern CAPITAL = Pattern.compile("(?<= )[A-Z](?=[a-z])");

  private Words() {}

  static String of(String name) {
    String parts = name.replaceAll("(?<=\\w)[./](?=\\w)", " · ");
    String words = parts.replaceAll("(?<=\\w)[_-](?=\\w)", " ");
    String apart = HUMP.matcher(words).replaceAll(" ");
    return CAPITAL.matcher(apart).replaceAll(match -> match.group().toLowerCase(Locale.ROOT));
  }
}
