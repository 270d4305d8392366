package nestor.autodiff;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Takes records, lists and maps apart and puts them together again.
final class TreeNodes {
  private static final ClassValue<RecordShape> SHAPES =
      new ClassValue<>() {
        @Override
        protected RecordShape computeValue(Class<?> type) {
          return RecordShape.of(type);
        }
      };

  private TreeNodes() {}

  /// How to take this record apart.
  static RecordShape shape(Record record) {
    return SHAPES.get(record.getClass());
  }

  static Object rebuild(Object node, TreePath path, BiFunction<TreePath, Tensor, Tensor> f) {
    return switch (node) {
      case null -> throw TensorException.at("a tree holds null at '" + path + "'");
      case Tensor leaf -> present(f.apply(path, leaf), path);
      case List<?> list -> {
        List<Object> items = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
          items.add(rebuild(list.get(i), path.then(i), f));
        }
        yield List.copyOf(items);
      }
      case Map<?, ?> map -> {
        Map<String, Object> items = new LinkedHashMap<>();
        sorted(map, path).forEach((key, item) -> items.put(key, rebuild(item, path.then(key), f)));
        yield Collections.unmodifiableMap(items);
      }
      case Record record -> {
        RecordShape shape = SHAPES.get(record.getClass());
        Object[] parts = shape.parts(record);
        for (int i = 0; i < parts.length; i++) {
          parts[i] = parts[i] == null ? null : rebuild(parts[i], path.then(shape.names[i]), f);
        }
        yield shape.make(parts);
      }
      default -> {
        if (holdsTensors(node)) {
          throw TensorException.at(
              "a %s at '%s' holds tensors where no tree reaches them; use a list or a record"
                  .formatted(node.getClass().getSimpleName(), path));
        }
        yield node;
      }
    };
  }

  private static Tensor present(@Nullable Tensor leaf, TreePath path) {
    if (leaf == null) {
      throw TensorException.at("the function gave null for the leaf '" + path + "'");
    }
    return leaf;
  }

  static Map<String, Object> sorted(Map<?, ?> map, TreePath path) {
    Map<String, Object> sorted = new TreeMap<>();
    map.forEach((key, item) -> {
      if (!(key instanceof String name)) {
        throw TensorException.at(
            "the map at '%s' has the key %s, which is no text".formatted(path, key));
      }
      sorted.put(name, item);
    });
    return sorted;
  }

  private static boolean holdsTensors(Object node) {
    return switch (node) {
      case Object[] array -> Arrays.stream(array).anyMatch(Tensor.class::isInstance);
      case Optional<?> optional -> optional.filter(Tensor.class::isInstance).isPresent();
      case Collection<?> items -> items.stream().anyMatch(Tensor.class::isInstance);
      default -> HAVE_TENSOR_FIELDS.get(node.getClass());
    };
  }

  /// Classes that are no records, yet have tensors for fields.
  private static final ClassValue<Boolean> HAVE_TENSOR_FIELDS =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          return !type.isHidden() // a lambda: what it captures is a constant
              && Stream.<Class<?>>iterate(type, Objects::nonNull, Class::getSuperclass)
                  .flatMap(one -> Arrays.stream(one.getDeclaredFields()))
                  .filter(field -> !Modifier.isStatic(field.getModifiers()))
                  .map(Field::getType)
                  .anyMatch(one -> Tensor.class.isAssignableFrom(one) || one == Tensor[].class);
        }
      };

  /// Demands that two trees differ in their tensors only.
  static void sameStructure(Object first, Object second) {
    sameStructure(first, second, TreePath.ROOT);
  }

  private static void sameStructure(
      @Nullable Object first, @Nullable Object second, TreePath path) {
    switch (first) {
      case Tensor leaf when second instanceof Tensor -> {}
      case List<?> list when second instanceof List<?> other && other.size() == list.size() -> {
        for (int i = 0; i < list.size(); i++) {
          sameStructure(list.get(i), other.get(i), path.then(i));
        }
      }
      case Map<?, ?> map
          when second instanceof Map<?, ?> other && other.keySet().equals(map.keySet()) ->
          map.forEach((key, item) -> sameStructure(item, other.get(key), path.then(key)));
      case Record record when second != null && second.getClass() == record.getClass() -> {
        RecordShape shape = SHAPES.get(record.getClass());
        Object[] ours = shape.parts(record);
        Object[] theirs = shape.parts(second);
        for (int i = 0; i < ours.length; i++) {
          if (ours[i] != null || theirs[i] != null) {
            sameStructure(ours[i], theirs[i], path.then(shape.names[i]));
          }
        }
      }
      case null, default -> {
        boolean isTree =
            first instanceof Tensor
                || first instanceof List<?>
                || first instanceof Map<?, ?>
                || first instanceof Record;
        if (first == null || isTree || !first.equals(second)) {
          throw TensorException.at(
              "two trees differ in structure at '%s': %s and %s"
                  .formatted(path, describe(first), describe(second)));
        }
      }
    }
  }

  private static String describe(@Nullable Object node) {
    return switch (node) {
      case null -> "null";
      case Tensor tensor -> tensor.type().toString();
      case List<?> list -> "a list of " + list.size();
      case Map<?, ?> map -> "a map with keys " + map.keySet();
      case Record record -> record.getClass().getSimpleName();
      default -> node.toString();
    };
  }

  /// How to take records of one class apart and make new ones.
  record RecordShape(
      Class<?> type,
      String[] names,
      Class<?>[] types,
      MethodHandle[] accessors,
      MethodHandle constructor) {
    static RecordShape of(Class<?> type) {
      RecordComponent[] components = type.getRecordComponents();
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      try {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        MethodHandle[] accessors = new MethodHandle[components.length];
        for (int i = 0; i < components.length; i++) {
          Method accessor = components[i].getAccessor();
          accessor.setAccessible(true);
          accessors[i] =
              lookup.unreflect(accessor).asType(MethodType.methodType(Object.class, Object.class));
        }
        Constructor<?> canonical = type.getDeclaredConstructor(types);
        canonical.setAccessible(true);
        MethodHandle make =
            lookup
                .unreflectConstructor(canonical)
                .asSpreader(Object[].class, types.length)
                .asType(MethodType.methodType(Object.class, Object[].class));
        String[] names =
            Arrays.stream(components).map(RecordComponent::getName).toArray(String[]::new);
        return new RecordShape(type, names, types, accessors, make);
      } catch (InaccessibleObjectException | IllegalAccessException e) {
        throw TensorException.at(
            "the record %s cannot be read as a tree: add 'opens %s to nestor.autodiff;' to the module-info of %s"
                .formatted(type.getName(), type.getPackageName(), type.getModule().getName()));
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException(e);
      }
    }

    Object[] parts(Object record) {
      Object[] parts = new Object[accessors.length];
      for (int i = 0; i < parts.length; i++) {
        parts[i] = part(record, i);
      }
      return parts;
    }

    Object part(Object record, int i) {
      try {
        return accessors[i].invokeExact(record);
      } catch (Throwable e) {
        throw rethrow(e);
      }
    }

    Object make(Object[] parts) {
      try {
        for (int i = 0; i < parts.length; i++) {
          if (parts[i] != null && !types[i].isPrimitive() && !types[i].isInstance(parts[i])) {
            throw TensorException.at(
                "the component '%s' of %s is declared %s and cannot hold a %s; declare it wider"
                    .formatted(
                        names[i],
                        type.getSimpleName(),
                        types[i].getSimpleName(),
                        parts[i].getClass().getSimpleName()));
          }
        }
        return constructor.invokeExact(parts);
      } catch (Throwable e) {
        throw rethrow(e);
      }
    }

    private static RuntimeException rethrow(Throwable e) {
      return switch (e) {
        case RuntimeException exception -> exception;
        case Error error -> throw error;
        default -> new IllegalStateException(e);
      };
    }
  }
}
