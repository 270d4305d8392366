package nestor.autodiff.cpu.loop;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import nestor.autodiff.DType;
import nestor.autodiff.Op;
import nestor.autodiff.plan.Loop;

/// Turns loops into code and keeps it for the next time.
public final class LoopCompiler {
  private final Map<Loop, LoopCode> compiled = new ConcurrentHashMap<>();
  private final ThreadLocal<Scratch> scratches = ThreadLocal.withInitial(Scratch::new);

  /// A compiler that has compiled nothing yet.
  public LoopCompiler() {}

  /// Whether a pointwise operator may stand in a loop over numbers of a floating type.
  public static boolean supports(DType dtype, Op op) {
    return Fusible.is(dtype, op);
  }

  /// The code of a loop.
  public LoopCode compile(Loop loop) {
    return compiled.computeIfAbsent(loop, this::translate);
  }

  private LoopCode translate(Loop loop) {
    Schedule schedule = Schedule.of(loop);
    return new LoopCode(scratches, ScalarKernel.scratch(schedule), scalar(schedule));
  }

  private static Kernel scalar(Schedule schedule) {
    byte[] bytes =
        ClassFile.of()
            .build(
                ClassDesc.of(LoopCompiler.class.getPackageName(), "ScalarLoop"),
                type ->
                    type.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                        .withInterfaceSymbols(Names.KERNEL)
                        .withMethodBody(
                            ConstantDescs.INIT_NAME,
                            MethodTypeDesc.of(CD_void),
                            ClassFile.ACC_PUBLIC,
                            code ->
                                code.aload(0)
                                    .invokespecial(
                                        CD_Object,
                                        ConstantDescs.INIT_NAME,
                                        MethodTypeDesc.of(CD_void))
                                    .return_())
                        .withMethodBody(
                            "run",
                            Names.RUN,
                            ClassFile.ACC_PUBLIC,
                            code -> ScalarKernel.write(code, schedule)));
    return define(bytes);
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
