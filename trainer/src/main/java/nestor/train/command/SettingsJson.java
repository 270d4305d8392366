package nestor.train.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nestor.train.Failure;
import nestor.train.Nearest;
import nestor.train.Settings;
import nestor.train.report.Head.Setting;

/// Settings records as JSON, and the changes to them that `--set path=value` asks for.
final class SettingsJson {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .disable(MapperFeature.OVERRIDE_PUBLIC_ACCESS_MODIFIERS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
          .enable(SerializationFeature.WRITE_ENUMS_USING_TO_STRING)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build();

  private SettingsJson() {}

  /// The record as a JSON object.
  static ObjectNode tree(Record settings) {
    if (settings.getClass().getRecordComponents().length == 0) {
      return JSON.createObjectNode();
    }
    try {
      return JSON.valueToTree(settings);
    } catch (IllegalArgumentException e) {
      throw closed(settings, e);
    }
  }

  /// Every path of the settings with its default.
  static Map<String, JsonNode> paths(Settings settings) {
    return leaves(settings.defaults());
  }

  /// Every path of a settings record with its value.
  static Map<String, JsonNode> leaves(Record settings) {
    Map<String, JsonNode> paths = new LinkedHashMap<>();
    collect("", tree(settings), paths);
    return paths;
  }

  /// Every path of the settings with its value, its default and its line.
  static List<Setting> described(Settings settings, Record chosen) {
    Map<String, JsonNode> defaults = paths(settings);
    List<Setting> all = new ArrayList<>();
    leaves(chosen)
        .forEach((path, value) ->
            all.add(
                new Setting(
                    path,
                    text(value),
                    text(defaults.getOrDefault(path, value)),
                    settings.descriptions().getOrDefault(path, ""))));
    return all;
  }

  private static String text(JsonNode value) {
    return value.asText(value.toString());
  }

  private static void collect(String prefix, ObjectNode node, Map<String, JsonNode> into) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getValue() instanceof ObjectNode group) {
        collect(prefix + field.getKey() + ".", group, into);
      } else {
        into.put(prefix + field.getKey(), field.getValue());
      }
    }
  }

  /// The settings record with every `path=value` put in, the last one of a path standing.
  static Record with(Settings settings, List<String> assignments) {
    if (assignments.isEmpty()) {
      return settings.defaults();
    }
    ObjectNode tree = tree(settings.defaults());
    Map<String, JsonNode> paths = paths(settings);
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        throw new Failure("--set takes path=value, not '" + assignment + "'");
      }
      String path = assignment.substring(0, equals);
      JsonNode old = paths.get(path);
      if (old == null) {
        throw new Failure(
            "there is no setting '%s'%s".formatted(path, Nearest.hint(path, paths.keySet())));
      }
      put(tree, path, value(path, old, assignment.substring(equals + 1)));
    }
    return read(tree, settings.defaults());
  }

  private static void put(ObjectNode tree, String path, JsonNode value) {
    ObjectNode node = tree;
    String[] names = path.split("\\.");
    for (int i = 0; i < names.length - 1; i++) {
      node = (ObjectNode) node.get(names[i]);
    }
    node.set(names[names.length - 1], value);
  }

  private static JsonNode value(String path, JsonNode old, String text) {
    try {
      if (old.isIntegralNumber()) {
        long value = new BigDecimal(text).longValueExact();
        return LongNode.valueOf(old.isInt() ? Math.toIntExact(value) : value);
      }
      if (old.isFloatingPointNumber()) {
        return DoubleNode.valueOf(new BigDecimal(text).doubleValue());
      }
    } catch (ArithmeticException | NumberFormatException e) {
      throw new Failure(
          "the setting %s takes a %snumber, not '%s'"
              .formatted(path, old.isIntegralNumber() ? "whole " : "", text));
    }
    if (old.isBoolean()) {
      if (!text.equals("true") && !text.equals("false")) {
        throw new Failure("the setting %s takes true or false, not '%s'".formatted(path, text));
      }
      return BooleanNode.valueOf(text.equals("true"));
    }
    if (old.isTextual()) {
      return TextNode.valueOf(text);
    }
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new Failure(
          "the setting %s takes a list such as %s, not '%s'".formatted(path, old, text));
    }
  }

  private static Record read(ObjectNode tree, Record defaults) {
    try {
      return JSON.treeToValue(tree, defaults.getClass());
    } catch (InvalidFormatException e) {
      Class<?> type = e.getTargetType();
      throw new Failure(
          "the setting %s cannot be '%s'%s"
              .formatted(
                  path(e),
                  e.getValue(),
                  type.isEnum()
                      ? Nearest.hint(
                          String.valueOf(e.getValue()),
                          Arrays.stream(type.getEnumConstants()).map(Object::toString).toList())
                      : "; it takes a " + type.getSimpleName()));
    } catch (ValueInstantiationException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new Failure("these settings cannot be used: " + cause.getMessage(), e);
    } catch (JsonProcessingException e) {
      if (e instanceof com.fasterxml.jackson.databind.exc.InvalidDefinitionException) {
        throw closed(defaults, e);
      }
      throw new Failure("the settings cannot be read: " + e.getOriginalMessage(), e);
    }
  }

  private static String path(InvalidFormatException e) {
    StringBuilder path = new StringBuilder();
    for (var reference : e.getPath()) {
      if (reference.getFieldName() != null) {
        path.append(path.isEmpty() ? "" : ".").append(reference.getFieldName());
      }
    }
    return path.toString();
  }

  private static Failure closed(Record settings, Exception cause) {
    return new Failure(
        ("the settings record %s cannot be read: let its module open the package %s to"
                + " com.fasterxml.jackson.databind")
            .formatted(settings.getClass().getName(), settings.getClass().getPackageName()),
        cause);
  }
}
