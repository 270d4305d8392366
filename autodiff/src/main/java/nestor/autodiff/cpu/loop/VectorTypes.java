package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import nestor.autodiff.DType;

/// The vectors of a loop: names of types, none of which is loaded.
///
/// @param dtype the loop's floating type
/// @param bitSize the size of a vector
/// @param owner the generated class, which holds the rotations
record VectorTypes(DType dtype, int bitSize, ClassDesc owner) {
  private static final String PACKAGE = "jdk.incubator.vector";

  static final ClassDesc VECTOR = ClassDesc.of(PACKAGE, "Vector");
  static final ClassDesc FLOAT = ClassDesc.of(PACKAGE, "FloatVector");
  static final ClassDesc DOUBLE = ClassDesc.of(PACKAGE, "DoubleVector");
  static final ClassDesc INT = ClassDesc.of(PACKAGE, "IntVector");
  static final ClassDesc LONG = ClassDesc.of(PACKAGE, "LongVector");
  static final ClassDesc MASK = ClassDesc.of(PACKAGE, "VectorMask");
  static final ClassDesc SHUFFLE = ClassDesc.of(PACKAGE, "VectorShuffle");
  static final ClassDesc SPECIES = ClassDesc.of(PACKAGE, "VectorSpecies");
  static final ClassDesc OPERATORS = ClassDesc.of(PACKAGE, "VectorOperators");
  static final ClassDesc BINARY = OPERATORS.nested("Binary");
  static final ClassDesc ASSOCIATIVE = OPERATORS.nested("Associative");
  static final ClassDesc COMPARISON = OPERATORS.nested("Comparison");

  /// The type of a generated method that patches lanes.
  static final MethodTypeDesc PATCH = MethodTypeDesc.of(CD_void, Names.FLOATS, Names.TRUTHS);

  ClassDesc number() {
    return dtype == DType.FLOAT64 ? DOUBLE : FLOAT;
  }

  ClassDesc bits() {
    return dtype == DType.FLOAT64 ? LONG : INT;
  }

  ClassDesc element() {
    return dtype == DType.FLOAT64 ? CD_double : CD_float;
  }

  ClassDesc bitsElement() {
    return dtype == DType.FLOAT64 ? CD_long : CD_int;
  }

  /// Numbers in a vector.
  int lanes() {
    return bitSize / (8 * dtype.bytes());
  }

  /// Numbers of `float64` in a vector.
  int doubleLanes() {
    return bitSize / Double.SIZE;
  }

  /// Pushes the species of numbers.
  void species(CodeBuilder code) {
    species(code, number(), bitSize);
  }

  /// Pushes a species.
  void species(CodeBuilder code, ClassDesc type, int size) {
    code.getstatic(type, "SPECIES_" + size, SPECIES);
  }

  /// The name of the generated class's field with a rotation.
  static String rotation(ClassDesc type, int by) {
    return type.displayName() + by;
  }
}
