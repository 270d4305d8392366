package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import nestor.autodiff.DType;
import nestor.autodiff.Op;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.loop.Node.Operation;
import nestor.autodiff.plan.loop.Schedule;

/// Turns a schedule into classes.
final class Translation {
  /// Operators that the name of a class mentions.
  private static final int NAMED = 8;

  /// Bytes of bytecode from which HotSpot does not compile a method.
  private static final int HUGE = 8000;

  private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(CD_void);

  private Translation() {}

  /// Vector code, unless it is so long that the JIT would not compile it.
  ///
  /// @param rows how rows are found
  /// @param tail how columns end
  /// @param bitSize the size of the vectors
  static Optional<Kernel> vector(
      Schedule schedule, Frame.Rows rows, VectorColumns.Tail tail, int bitSize) {
    ClassDesc owner = owner(schedule);
    VectorTypes types = new VectorTypes(schedule.dtype(), bitSize, owner);
    byte[] bytes =
        build(
            owner,
            type -> {
              rotations(type, types);
              patches(type, schedule, types);
              method(type, code -> VectorKernel.write(code, schedule, types, rows, tail));
            });
    return isHuge(bytes) ? Optional.empty() : Optional.of(define(bytes));
  }

  /// A class with a name that tells a profile what it computes.
  private static ClassDesc owner(Schedule schedule) {
    String operators =
        schedule.loop().instructions().stream()
            .flatMap(instruction ->
                switch (instruction) {
                  case Loop.Apply(Op op, var in) -> Stream.of(op.label());
                  case Loop.Fold fold -> Stream.of("fold");
                  case Loop.Dot dot -> Stream.of("dot");
                  case Loop.Product product -> Stream.of("outer");
                  case Loop.Load load -> Stream.empty();
                  case Loop.Constant constant -> Stream.empty();
                })
            .limit(NAMED)
            .collect(Collectors.joining("_"));
    return ClassDesc.of(Translation.class.getPackageName(), "Loop_" + operators);
  }

  private static void method(ClassBuilder type, Consumer<CodeBuilder> body) {
    type.withMethodBody("run", Names.RUN, ClassFile.ACC_PUBLIC, body);
  }

  private static void rotations(ClassBuilder type, VectorTypes types) {
    type.withMethodBody(
        ConstantDescs.CLASS_INIT_NAME,
        NOTHING,
        ClassFile.ACC_STATIC,
        code -> {
          rotations(type, code, types, VectorTypes.DOUBLE, types.doubleLanes());
          if (types.dtype() == DType.FLOAT32) {
            rotations(type, code, types, VectorTypes.FLOAT, types.lanes());
          }
          code.return_();
        });
  }

  private static void rotations(
      ClassBuilder type, CodeBuilder code, VectorTypes types, ClassDesc vector, int lanes) {
    for (int by = lanes / 2; by > 0; by /= 2) {
      String name = VectorTypes.rotation(vector, by);
      type.withField(name, VectorTypes.SHUFFLE, ClassFile.ACC_STATIC | ClassFile.ACC_FINAL);
      types.species(code, vector, types.bitSize());
      code.loadConstant(by).iconst_1().iconst_1();
      code.invokestatic(
          VectorTypes.SHUFFLE,
          "iota",
          MethodTypeDesc.of(VectorTypes.SHUFFLE, VectorTypes.SPECIES, CD_int, CD_int, CD_boolean));
      code.putstatic(types.owner(), name, VectorTypes.SHUFFLE);
    }
  }

  private static void patches(ClassBuilder type, Schedule schedule, VectorTypes types) {
    List<String> names =
        schedule.stages().stream()
            .flatMap(stage -> stage.elements().stream())
            .filter(element -> element.node().operation() == Operation.PATCH)
            .map(element -> element.node().name())
            .distinct()
            .toList();
    for (String name : names) {
      type.withMethodBody(
          name,
          VectorTypes.PATCH,
          ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC,
          code -> VectorOperations.patching(code, name, types.lanes()));
    }
  }

  private static boolean isHuge(byte[] bytes) {
    return ClassFile.of().parse(bytes).methods().stream()
        .flatMap(method -> method.findAttribute(Attributes.code()).stream())
        .anyMatch(code -> code.codeLength() >= HUGE);
  }

  private static byte[] build(ClassDesc owner, Consumer<ClassBuilder> members) {
    return ClassFile.of()
        .build(
            owner,
            type -> {
              type.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
              type.withInterfaceSymbols(Names.KERNEL);
              type.withMethodBody(
                  ConstantDescs.INIT_NAME,
                  NOTHING,
                  ClassFile.ACC_PUBLIC,
                  code ->
                      code.aload(0)
                          .invokespecial(CD_Object, ConstantDescs.INIT_NAME, NOTHING)
                          .return_());
              members.accept(type);
            });
  }

  private static Kernel define(byte[] bytes) {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
      return (Kernel)
          lookup.findConstructor(lookup.lookupClass(), MethodType.methodType(void.class)).invoke();
    } catch (Throwable e) {
      throw new IllegalStateException("generated code does not load", e);
    }
  }
}
