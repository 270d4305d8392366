package nestor.opencl.source;

import nestor.autodiff.DType;

/// The types of OpenCL C that elements have.
public final class Types {
  private Types() {}

  /// As elements are stored.
  public static String of(DType dtype) {
    return switch (dtype) {
      case FLOAT64 -> "double";
      case FLOAT32 -> "float";
      case INT64 -> "long";
      case INT32 -> "int";
      case BOOL -> "uchar";
    };
  }

  /// In which they are added up.
  public static String total(DType dtype) {
    return dtype == DType.FLOAT32 ? "wide" : of(dtype);
  }

  /// A type of this many bytes, for moves.
  public static String ofBytes(int bytes) {
    return switch (bytes) {
      case 1 -> "uchar";
      case 4 -> "uint";
      case 8 -> "ulong";
      default -> throw new IllegalArgumentException("no type has " + bytes + " bytes");
    };
  }
}
