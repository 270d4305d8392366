package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import nestor.autodiff.DType;
import nestor.autodiff.cpu.functions.RowReductions;
import nestor.autodiff.plan.LoopArguments;

/// Types and methods that generated code refers to.
final class Names {
  static final ClassDesc ARGUMENTS = of(LoopArguments.class);
  static final ClassDesc KERNEL = of(Kernel.class);
  static final ClassDesc MATH = of(Math.class);
  static final ClassDesc ROWS = of(RowReductions.class);
  static final ClassDesc SCRATCH = of(Scratch.class);
  static final ClassDesc TRUTH_BUFFER = of(TruthBuffer.class);
  static final ClassDesc FLOATS = CD_float.arrayType();
  static final ClassDesc DOUBLES = CD_double.arrayType();
  static final ClassDesc TRUTHS = CD_boolean.arrayType();
  static final ClassDesc INTS = CD_int.arrayType();
  static final ClassDesc TABLES = INTS.arrayType();
  static final MethodTypeDesc RUN =
      MethodTypeDesc.of(
          CD_void, CD_Object.arrayType(), INTS, ARGUMENTS, SCRATCH, CD_int, CD_int, CD_int, CD_int);

  private Names() {}

  static ClassDesc of(Class<?> type) {
    return type.describeConstable().orElseThrow();
  }

  static ClassDesc primitive(DType dtype) {
    return switch (dtype) {
      case FLOAT64 -> CD_double;
      case FLOAT32 -> CD_float;
      case BOOL -> CD_boolean;
      case INT64, INT32 -> throw new IllegalArgumentException("no loops over " + dtype);
    };
  }

  static TypeKind kind(DType dtype) {
    return TypeKind.from(primitive(dtype));
  }
}
