package nestor.autodiff;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Tensors from Java arrays and back.
final class NestedArrays {
  private NestedArrays() {}

  static Shape shape(String operator, int... dims) {
    try {
      return Shape.ofOperand(dims);
    } catch (Mismatch mismatch) {
      throw TensorException.at(operator + ": " + mismatch.getMessage());
    }
  }

  /// Whether a type can hold a Java number without losing its fraction or its size.
  static boolean isIn(DType dtype, double value) {
    return switch (dtype) {
      case INT64 -> (double) (long) value == value && value != 0x1p63;
      case INT32 -> (int) value == value;
      case FLOAT64, FLOAT32, BOOL -> true;
    };
  }

  static Tensor full(DType dtype, double value, Shape shape) {
    if (!isIn(dtype, value)) {
      throw TensorException.at("full: %s is no %s".formatted(value, dtype));
    }
    Object array = dtype.newArray(shape.size());
    if (Double.doubleToRawLongBits(value) != 0) {
      switch (dtype) {
        case FLOAT64 -> Arrays.fill((double[]) array, value);
        case FLOAT32 -> Arrays.fill((float[]) array, (float) value);
        case INT64 -> Arrays.fill((long[]) array, (long) value);
        case INT32 -> Arrays.fill((int[]) array, (int) value);
        case BOOL -> Arrays.fill((boolean[]) array, value != 0);
      }
    }
    return Value.over(dtype, shape, array);
  }

  static Tensor flat(DType dtype, Shape shape, Object copy, int length) {
    if (shape.size() != length) {
      throw TensorException.at(
          "of: %d numbers cannot fill the shape %s, which takes %d"
              .formatted(length, shape, shape.size()));
    }
    return Value.over(dtype, shape, copy);
  }

  /// The elements of a value as a fresh array of another type, which its backend need not have.
  static Object convert(Value value, DType to) {
    Object array = value.array();
    if (value.dtype() == to) {
      return Cells.copyOf(array);
    }
    TensorType type = new TensorType(to, value.shape());
    Object copy = Cells.newArray(type);
    Cells[] from = {new Cells(value.type(), array)};
    new Cast(to).forward(from, new Cells(type, copy));
    return copy;
  }

  static Tensor read(Object array) {
    List<Integer> dims = new ArrayList<>();
    Object row = row(array);
    while (row.getClass().isArray()) {
      dims.add(Array.getLength(row));
      if (row.getClass().getComponentType().isPrimitive() || Array.getLength(row) == 0) {
        break;
      }
      row = row(Array.get(row, 0));
    }
    DType dtype = elementType(array.getClass());
    Shape shape = Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
    Object flat = dtype.newArray(shape.size());
    copyIn(array, shape, 0, flat, 0);
    return Value.over(dtype, shape, flat);
  }

  private static Object row(Object row) {
    if (row == null) {
      throw TensorException.at("fromArray: the array or one of its rows is null");
    }
    return row;
  }

  private static DType elementType(Class<?> type) {
    Class<?> element = type;
    while (element.isArray()) {
      element = element.getComponentType();
    }
    for (DType dtype : DType.values()) {
      if (dtype.newArray(0).getClass().getComponentType() == element && type.isArray()) {
        return dtype;
      }
    }
    throw TensorException.at(
        "fromArray: needs an array of double, float, long, int or boolean, but got "
            + type.getSimpleName());
  }

  private static void copyIn(Object array, Shape shape, int axis, Object flat, int offset) {
    int length = shape.dim(axis);
    if (Array.getLength(row(array)) != length) {
      throw TensorException.at(
          "fromArray: rows of axis %d have the lengths %d and %d"
              .formatted(axis, length, Array.getLength(array)));
    }
    if (axis == shape.rank() - 1) {
      System.arraycopy(array, 0, flat, offset, length);
      return;
    }
    int step = shape.range(axis + 1, shape.rank()).size();
    for (int i = 0; i < length; i++) {
      copyIn(Array.get(array, i), shape, axis + 1, flat, offset + i * step);
    }
  }

  static Object write(Value value) {
    Shape shape = value.shape();
    if (shape.rank() == 0) {
      throw TensorException.of("toArray", "a single number is no array; use item", value);
    }
    Class<?> element = value.dtype().newArray(0).getClass().getComponentType();
    Object nested = Array.newInstance(element, shape.toArray());
    copyOut(value.array(), 0, nested, shape, 0);
    return nested;
  }

  private static void copyOut(Object flat, int offset, Object nested, Shape shape, int axis) {
    if (axis == shape.rank() - 1) {
      System.arraycopy(flat, offset, nested, 0, shape.dim(axis));
      return;
    }
    int step = shape.range(axis + 1, shape.rank()).size();
    for (int i = 0; i < shape.dim(axis); i++) {
      copyOut(flat, offset + i * step, Array.get(nested, i), shape, axis + 1);
    }
  }
}
