package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.function.Consumer;
import nestor.autodiff.DType;
import nestor.autodiff.cpu.functions.FloatFunctions;
import nestor.autodiff.plan.loop.Node;
import nestor.autodiff.plan.loop.Node.Operation;

/// Bytecode of one operation on numbers.
///
/// @param code where it goes
/// @param dtype the loop's floating type
/// @param load pushes an argument
record ScalarOperations(CodeBuilder code, DType dtype, Consumer<Node> load) {
  static final ClassDesc FUNCTIONS = Names.of(FloatFunctions.class);

  static TypeKind kind(DType dtype, Node node) {
    return switch (node.kind()) {
      case NUMBER -> Names.kind(dtype);
      case BITS -> dtype == DType.FLOAT64 ? TypeKind.LONG : TypeKind.INT;
      case TRUTH -> TypeKind.INT;
    };
  }

  /// Pushes a constant.
  void constant(Node node) {
    double value = Double.longBitsToDouble(node.number());
    boolean wide = dtype == DType.FLOAT64;
    var pool = code.constantPool();
    if (node.operation() == Operation.INTEGER) {
      if (wide) {
        code.ldc(pool.longEntry(node.number()));
      } else {
        code.loadConstant((int) node.number());
      }
    } else if (wide) {
      code.ldc(pool.doubleEntry(value));
    } else {
      code.ldc(pool.floatEntry((float) value));
    }
  }

  /// Pushes the result of a node that is neither read from memory nor a reduction.
  void emit(Node node) {
    switch (node.operation()) {
      case CONSTANT, INTEGER -> constant(node);
      case ADD -> plain(node, Opcode.FADD, Opcode.DADD);
      case SUBTRACT -> plain(node, Opcode.FSUB, Opcode.DSUB);
      case MULTIPLY -> plain(node, Opcode.FMUL, Opcode.DMUL);
      case DIVIDE -> plain(node, Opcode.FDIV, Opcode.DDIV);
      case NEGATE -> plain(node, Opcode.FNEG, Opcode.DNEG);
      case PLUS -> plain(node, Opcode.IADD, Opcode.LADD);
      case MINUS -> plain(node, Opcode.ISUB, Opcode.LSUB);
      case AND -> plain(node, Opcode.IAND, Opcode.LAND);
      case OR -> plain(node, Opcode.IOR, Opcode.LOR);
      case XOR -> plain(node, Opcode.IXOR, Opcode.LXOR);
      case SHIFT_LEFT -> shift(node, Opcode.ISHL, Opcode.LSHL);
      case SHIFT_RIGHT -> shift(node, Opcode.IUSHR, Opcode.LUSHR);
      case FMA -> math(node, "fma");
      case ABSOLUTE -> math(node, "abs");
      case MAXIMUM -> math(node, "max");
      case MINIMUM -> math(node, "min");
      case SQUARE_ROOT -> squareRoot(node);
      case BITS -> convert(node, "floatToRawIntBits", "doubleToRawLongBits");
      case NUMBER -> convert(node, "intBitsToFloat", "longBitsToDouble");
      case LESS -> compare(node, Opcode.FCMPG, Opcode.DCMPG, Opcode.IFLT);
      case LESS_EQUAL -> compare(node, Opcode.FCMPG, Opcode.DCMPG, Opcode.IFLE);
      case EQUAL -> compare(node, Opcode.FCMPL, Opcode.DCMPL, Opcode.IFEQ);
      case NOT -> {
        arguments(node);
        code.iconst_1().ixor();
      }
      case BOTH -> {
        arguments(node);
        code.iand();
      }
      case EITHER -> {
        arguments(node);
        code.ior();
      }
      case DIFFER -> {
        arguments(node);
        code.ixor();
      }
      case SELECT -> choose(node, () -> load.accept(node.arguments().get(1)));
      case PATCH -> choose(node, () -> exact(node));
      case LOAD, LOAD_TRUTH, SUM, LARGEST, DOT -> throw new IllegalStateException();
    }
  }

  private void arguments(Node node) {
    node.arguments().forEach(load);
  }

  private void plain(Node node, Opcode narrow, Opcode wide) {
    arguments(node);
    code.with(java.lang.classfile.instruction.OperatorInstruction.of(pick(narrow, wide)));
  }

  private void shift(Node node, Opcode narrow, Opcode wide) {
    arguments(node);
    code.loadConstant((int) node.number());
    code.with(java.lang.classfile.instruction.OperatorInstruction.of(pick(narrow, wide)));
  }

  private Opcode pick(Opcode narrow, Opcode wide) {
    return dtype == DType.FLOAT64 ? wide : narrow;
  }

  private void math(Node node, String name) {
    arguments(node);
    ClassDesc type = Names.primitive(dtype);
    ClassDesc[] parameters = new ClassDesc[node.arguments().size()];
    java.util.Arrays.fill(parameters, type);
    code.invokestatic(Names.MATH, name, MethodTypeDesc.of(type, parameters));
  }

  /// In `float64`, whose root rounded to `float32` is the root in `float32`.
  private void squareRoot(Node node) {
    arguments(node);
    widen();
    code.invokestatic(Names.MATH, "sqrt", MethodTypeDesc.of(CD_double, CD_double));
    narrow();
  }

  /// Makes the number on the stack a `float64`.
  void widen() {
    if (dtype == DType.FLOAT32) {
      code.f2d();
    }
  }

  /// Rounds the `float64` on the stack to the loop's type.
  void narrow() {
    if (dtype == DType.FLOAT32) {
      code.d2f();
    }
  }

  private void convert(Node node, String narrow, String wide) {
    arguments(node);
    boolean bits = node.operation() == Operation.BITS;
    if (dtype == DType.FLOAT64) {
      code.invokestatic(
          Names.of(Double.class),
          wide,
          bits ? MethodTypeDesc.of(CD_long, CD_double) : MethodTypeDesc.of(CD_double, CD_long));
    } else {
      code.invokestatic(
          Names.of(Float.class),
          narrow,
          bits ? MethodTypeDesc.of(CD_int, CD_float) : MethodTypeDesc.of(CD_float, CD_int));
    }
  }

  private void compare(Node node, Opcode narrow, Opcode wide, Opcode branch) {
    Label yes = code.newLabel();
    Label end = code.newLabel();
    plain(node, narrow, wide);
    code.branch(branch, yes).iconst_0().goto_(end);
    code.labelBinding(yes).iconst_1().labelBinding(end);
  }

  private void choose(Node node, Runnable yes) {
    Label no = code.newLabel();
    Label end = code.newLabel();
    load.accept(node.arguments().getFirst());
    code.ifeq(no);
    yes.run();
    code.goto_(end).labelBinding(no);
    load.accept(node.arguments().get(2));
    code.labelBinding(end);
  }

  private void exact(Node node) {
    load.accept(node.arguments().get(1));
    code.invokestatic(FUNCTIONS, node.name(), MethodTypeDesc.of(CD_float, CD_float));
  }
}
