package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.function.Consumer;
import nestor.autodiff.DType;
import nestor.autodiff.plan.loop.Node;
import nestor.autodiff.plan.loop.Node.Kind;

/// Bytecode of one operation on vectors. It names the types of the Vector API and does not load
/// them.
///
/// @param code where it goes
/// @param types the vectors
/// @param load pushes an argument
record VectorOperations(CodeBuilder code, VectorTypes types, Consumer<Node> load) {

  /// Pushes the result of a node that is per element, not read from memory and no patch.
  void emit(Node node) {
    switch (node.operation()) {
      case ADD, PLUS -> commutative(node, "add");
      case SUBTRACT -> subtract(node);
      case MINUS -> binary(node, "sub");
      case MULTIPLY -> commutative(node, "mul");
      case DIVIDE -> binary(node, "div");
      case MAXIMUM -> commutative(node, "max");
      case MINIMUM -> commutative(node, "min");
      case AND -> commutative(node, "and");
      case OR -> commutative(node, "or");
      case XOR -> xor(node);
      case SHIFT_LEFT -> shift(node, "LSHL");
      case SHIFT_RIGHT -> shift(node, "LSHR");
      case FMA -> fma(node);
      case NEGATE -> unary(node, "neg");
      case ABSOLUTE -> unary(node, "abs");
      case SQUARE_ROOT -> unary(node, "sqrt");
      case BITS -> reinterpret(node, types.number(), types.bits());
      case NUMBER -> reinterpret(node, types.bits(), types.number());
      case LESS -> compare(node, "LT", "GT");
      case LESS_EQUAL -> compare(node, "LE", "GE");
      case EQUAL -> compare(node, "EQ", "EQ");
      case NOT -> {
        arguments(node);
        not();
      }
      case BOTH -> masks(node, "and");
      case EITHER -> masks(node, "or");
      case DIFFER -> masks(node, "xor");
      case SELECT -> select(node);
      case PATCH, CONSTANT, INTEGER, LOAD, LOAD_TRUTH, SUM, LARGEST, DOT ->
          throw new IllegalStateException(node.operation().name());
    }
  }

  private void arguments(Node node) {
    node.arguments().forEach(load);
  }

  private ClassDesc type(Node node) {
    return node.kind() == Kind.BITS ? types.bits() : types.number();
  }

  private void unary(Node node, String name) {
    arguments(node);
    code.invokevirtual(types.number(), name, MethodTypeDesc.of(types.number()));
  }

  private void binary(Node node, String name) {
    arguments(node);
    call(type(node), name);
  }

  /// The method of an operand that is per element, if one is, see [VectorColumns#known].
  private void commutative(Node node, String name) {
    Node a = node.arguments().getFirst();
    Node b = node.arguments().getLast();
    load.accept(a.isPerRow() ? b : a);
    load.accept(a.isPerRow() ? a : b);
    call(type(node), name);
  }

  /// Replaces the two topmost vectors of a type by the result of a method.
  void call(ClassDesc type, String name) {
    code.invokevirtual(type, name, MethodTypeDesc.of(type, VectorTypes.VECTOR));
  }

  private void fma(Node node) {
    Node a = node.arguments().get(0);
    Node b = node.arguments().get(1);
    load.accept(a.isPerRow() ? b : a);
    load.accept(a.isPerRow() ? a : b);
    load.accept(node.arguments().get(2));
    fma();
  }

  /// a − b, or −b + a.
  private void subtract(Node node) {
    Node a = node.arguments().getFirst();
    if (!a.isPerRow()) {
      binary(node, "sub");
      return;
    }
    load.accept(node.arguments().getLast());
    code.invokevirtual(types.number(), "neg", MethodTypeDesc.of(types.number()));
    load.accept(a);
    call(types.number(), "add");
  }

  private void select(Node node) {
    Node mask = node.arguments().get(0);
    Node yes = node.arguments().get(1);
    Node no = node.arguments().get(2);
    boolean exchanged = no.isPerRow();
    load.accept(exchanged ? yes : no);
    load.accept(exchanged ? no : yes);
    load.accept(mask);
    if (exchanged) {
      not();
    }
    blend();
  }

  /// Replaces the vectors a, b, c of numbers on the stack by a · b + c.
  void fma() {
    code.invokevirtual(
        types.number(),
        "fma",
        MethodTypeDesc.of(types.number(), VectorTypes.VECTOR, VectorTypes.VECTOR));
  }

  private void xor(Node node) {
    load.accept(node.arguments().getFirst());
    code.getstatic(VectorTypes.OPERATORS, "XOR", VectorTypes.ASSOCIATIVE);
    load.accept(node.arguments().getLast());
    code.invokevirtual(
        types.bits(),
        "lanewise",
        MethodTypeDesc.of(types.bits(), VectorTypes.BINARY, VectorTypes.VECTOR));
  }

  private void shift(Node node, String name) {
    arguments(node);
    code.getstatic(VectorTypes.OPERATORS, name, VectorTypes.BINARY);
    if (types.dtype() == DType.FLOAT64) {
      code.loadConstant(node.number());
    } else {
      code.loadConstant((int) node.number());
    }
    code.invokevirtual(
        types.bits(),
        "lanewise",
        MethodTypeDesc.of(types.bits(), VectorTypes.BINARY, types.bitsElement()));
  }

  private void compare(Node node, String name, String exchangedName) {
    Node a = node.arguments().getFirst();
    Node b = node.arguments().getLast();
    boolean exchanged = a.isPerRow();
    load.accept(exchanged ? b : a);
    code.getstatic(VectorTypes.OPERATORS, exchanged ? exchangedName : name, VectorTypes.COMPARISON);
    load.accept(exchanged ? a : b);
    code.invokevirtual(
        types.number(),
        "compare",
        MethodTypeDesc.of(VectorTypes.MASK, VectorTypes.COMPARISON, VectorTypes.VECTOR));
  }

  private void masks(Node node, String name) {
    arguments(node);
    code.invokevirtual(
        VectorTypes.MASK, name, MethodTypeDesc.of(VectorTypes.MASK, VectorTypes.MASK));
  }

  /// Replaces the vectors no and yes and a mask on the stack by yes where the mask holds, else no.
  void blend() {
    code.invokevirtual(
        types.number(),
        "blend",
        MethodTypeDesc.of(types.number(), VectorTypes.VECTOR, VectorTypes.MASK));
  }

  /// Negates the mask on the stack.
  void not() {
    code.invokevirtual(VectorTypes.MASK, "not", MethodTypeDesc.of(VectorTypes.MASK));
  }

  private void reinterpret(Node node, ClassDesc from, ClassDesc to) {
    arguments(node);
    String name = to.displayName();
    code.invokevirtual(
        from,
        "reinterpretAs" + name.substring(0, name.length() - "Vector".length()) + "s",
        MethodTypeDesc.of(to));
  }

  /// Pushes the lower (0) or upper (1) half of a vector of `float32` as `float64`.
  void half(Runnable argument, int half) {
    argument.run();
    if (half == 1) {
      rotate(VectorTypes.FLOAT, types.lanes() / 2);
    }
    cast(VectorTypes.DOUBLE, types.bitSize());
  }

  /// Converts the lowest lanes of the vector on the stack.
  void cast(ClassDesc to, int bitSize) {
    types.species(code, to, bitSize);
    code.iconst_0();
    code.invokevirtual(
        VectorTypes.VECTOR,
        "castShape",
        MethodTypeDesc.of(VectorTypes.VECTOR, VectorTypes.SPECIES, CD_int));
    code.checkcast(to);
  }

  /// Moves lane l + by of the vector on the stack to lane l, around the end.
  void rotate(ClassDesc type, int by) {
    code.getstatic(types.owner(), VectorTypes.rotation(type, by), VectorTypes.SHUFFLE);
    code.invokevirtual(type, "rearrange", MethodTypeDesc.of(type, VectorTypes.SHUFFLE));
  }

  /// Adds (or the like) all lanes of the vector on the stack as a tree, lanes far apart first, and
  /// pushes the result.
  void tree(ClassDesc type, int lanes, String operation) {
    for (int by = lanes / 2; by > 0; by /= 2) {
      code.dup();
      rotate(type, by);
      call(type, operation);
    }
    code.iconst_0();
    ClassDesc element = type.equals(VectorTypes.DOUBLE) ? CD_double : CD_float;
    code.invokevirtual(type, "lane", MethodTypeDesc.of(element, CD_int));
  }

  /// Pushes a vector (or a mask) with the same scalar everywhere.
  void broadcast(Node node, Runnable scalar) {
    ClassDesc element =
        switch (node.kind()) {
          case NUMBER -> types.element();
          case BITS -> types.bitsElement();
          case TRUTH -> CD_boolean;
        };
    if (node.kind() == Kind.TRUTH) {
      types.species(code);
      scalar.run();
      code.invokeinterface(
          VectorTypes.SPECIES, "maskAll", MethodTypeDesc.of(VectorTypes.MASK, element));
      return;
    }
    ClassDesc type = type(node);
    types.species(code, type, types.bitSize());
    scalar.run();
    code.invokestatic(type, "broadcast", MethodTypeDesc.of(type, VectorTypes.SPECIES, element));
  }

  /// Pushes the result of a patch. The scratch memory has room for two vectors at its beginning.
  void patch(Node node, Frame frame) {
    Node mask = node.arguments().getFirst();
    int lanes = types.lanes();
    Label end = code.newLabel();
    load.accept(node.arguments().get(2));
    load.accept(mask);
    code.invokevirtual(VectorTypes.MASK, "anyTrue", MethodTypeDesc.of(CD_boolean)).ifeq(end);
    frame.scratch("floats", Names.FLOATS);
    code.loadConstant(lanes);
    write(VectorTypes.FLOAT, Names.FLOATS);
    load.accept(node.arguments().get(1));
    frame.scratch("floats", Names.FLOATS);
    code.iconst_0();
    write(VectorTypes.FLOAT, Names.FLOATS);
    load.accept(mask);
    frame.scratch("truths", Names.TRUTHS);
    code.iconst_0();
    write(VectorTypes.MASK, Names.TRUTHS);
    frame.scratch("floats", Names.FLOATS);
    frame.scratch("truths", Names.TRUTHS);
    code.invokestatic(types.owner(), node.name(), VectorTypes.PATCH);
    types.species(code);
    frame.scratch("floats", Names.FLOATS);
    code.loadConstant(lanes);
    read(VectorTypes.FLOAT, Names.FLOATS);
    code.labelBinding(end);
  }

  /// The body of a method that patches the results behind the arguments in an array.
  static void patching(CodeBuilder code, String exact, int lanes) {
    int lane = code.allocateLocal(TypeKind.INT);
    Label test = code.newLabel();
    Label next = code.newLabel();
    Label end = code.newLabel();
    code.iconst_0().istore(lane);
    code.labelBinding(test).iload(lane).loadConstant(lanes).if_icmpge(end);
    code.aload(1).iload(lane).baload().ifeq(next);
    code.aload(0).iload(lane).loadConstant(lanes).iadd();
    code.aload(0).iload(lane).faload();
    code.invokestatic(ScalarOperations.FUNCTIONS, exact, MethodTypeDesc.of(CD_float, CD_float));
    code.fastore();
    code.labelBinding(next).iinc(lane, 1).goto_(test);
    code.labelBinding(end).return_();
  }

  /// Replaces a species, an array and a position on the stack by the vector (or mask) there.
  void read(ClassDesc type, ClassDesc array) {
    code.invokestatic(
        type, "fromArray", MethodTypeDesc.of(type, VectorTypes.SPECIES, array, CD_int));
  }

  /// Replaces a species, an array, a position and a mask by the vector there, 0 elsewhere.
  void readMasked(ClassDesc type, ClassDesc array) {
    code.invokestatic(
        type,
        "fromArray",
        MethodTypeDesc.of(type, VectorTypes.SPECIES, array, CD_int, VectorTypes.MASK));
  }

  /// Writes a vector (or mask) to an array at a position, all three on the stack.
  void write(ClassDesc type, ClassDesc array) {
    code.invokevirtual(type, "intoArray", MethodTypeDesc.of(CD_void, array, CD_int));
  }

  /// Writes a vector to an array at a position where a mask holds, all four on the stack.
  void writeMasked(ClassDesc type, ClassDesc array) {
    code.invokevirtual(
        type, "intoArray", MethodTypeDesc.of(CD_void, array, CD_int, VectorTypes.MASK));
  }
}
