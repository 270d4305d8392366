package nestor.train;

import java.util.LinkedHashMap;
import java.util.Map;

/// The settings of an experiment: a plain record of numbers, texts, truth values, enums, lists and
/// further records, which holds the defaults, and a line about each.
///
/// The record must be public in an exported package, or its package open to
/// `com.fasterxml.jackson.databind`.
///
/// @param defaults the settings when nothing is set
/// @param descriptions one line for each path, such as `steps` or `optimizer.rate`
public record Settings(Record defaults, Map<String, String> descriptions) {
  private record None() {}

  /// Settings with an unchangeable copy of the descriptions.
  public Settings {
    descriptions = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(descriptions));
  }

  /// Settings with nothing described yet.
  public static Settings of(Record defaults) {
    return new Settings(defaults, Map.of());
  }

  /// Nothing to set.
  public static Settings none() {
    return of(new None());
  }

  /// These settings with a line about one more path.
  public Settings with(String path, String description) {
    Map<String, String> more = new LinkedHashMap<>(descriptions);
    more.put(path, description);
    return new Settings(defaults, more);
  }
}
