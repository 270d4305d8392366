package nestor.opencl;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import nestor.autodiff.DType;
import org.jocl.Pointer;

/// Java arrays as OpenCL reads and writes them; truth values are bytes 0 and 1.
final class HostArray {
  private HostArray() {}

  /// The type of a Java array's elements.
  static DType dtype(Object array) {
    return switch (array) {
      case double[] x -> DType.FLOAT64;
      case float[] x -> DType.FLOAT32;
      case long[] x -> DType.INT64;
      case int[] x -> DType.INT32;
      case boolean[] x -> DType.BOOL;
      default -> throw new IllegalArgumentException("no array of numbers: " + array.getClass());
    };
  }

  static int size(Object array) {
    return Array.getLength(array);
  }

  /// What OpenCL reads for an array.
  static Object plain(Object array) {
    if (!(array instanceof boolean[] truths)) {
      return array;
    }
    byte[] bytes = new byte[truths.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (truths[i] ? 1 : 0);
    }
    return bytes;
  }

  /// The array that is meant by what OpenCL wrote.
  static Object meant(Object plain, DType dtype) {
    if (dtype != DType.BOOL) {
      return plain;
    }
    byte[] bytes = (byte[]) plain;
    boolean[] truths = new boolean[bytes.length];
    for (int i = 0; i < truths.length; i++) {
      truths[i] = bytes[i] != 0;
    }
    return truths;
  }

  /// A new array that OpenCL may write for elements of a type.
  static Object newPlain(DType dtype, int size) {
    return dtype == DType.BOOL ? new byte[size] : dtype.newArray(size);
  }

  static Pointer pointer(Object plain) {
    return switch (plain) {
      case double[] x -> Pointer.to(x);
      case float[] x -> Pointer.to(x);
      case long[] x -> Pointer.to(x);
      case int[] x -> Pointer.to(x);
      default -> Pointer.to((byte[]) plain);
    };
  }

  /// Copies memory into an array.
  static void copy(MemorySegment from, Object plain) {
    MemorySegment.copy(from, layout(plain), 0, plain, 0, size(plain));
  }

  private static ValueLayout layout(Object plain) {
    return switch (plain) {
      case double[] x -> ValueLayout.JAVA_DOUBLE_UNALIGNED;
      case float[] x -> ValueLayout.JAVA_FLOAT_UNALIGNED;
      case long[] x -> ValueLayout.JAVA_LONG_UNALIGNED;
      case int[] x -> ValueLayout.JAVA_INT_UNALIGNED;
      default -> ValueLayout.JAVA_BYTE;
    };
  }
}
