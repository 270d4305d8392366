package nestor.autodiff;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// What runs operators on values: below all transformations stands one of these.
///
/// Computation follows data: an operator runs on the backend of its operands, and operands of two
/// backends are an error. Tensors made from Java arrays belong to none until they meet one that
/// does; among themselves they run on the default backend (`cpu`, unless the system property
/// `nestor.backend` named another one when the process started; with `nestor.checkFinite` it is
/// checked as by [#checkingFinite]), to which results then belong where it does not store Java
/// arrays.
///
/// Backends are found by [java.util.ServiceLoader]; one is stateless to its users and safe for any
/// number of threads.
public interface Backend {
  /// The name by which scripts and the command line choose the backend.
  String name();

  /// Stores a Java array (`double[]`, `float[]`, `long[]`, `int[]` or `boolean[]`), which nobody
  /// writes any more.
  default Object upload(Object array) {
    return array;
  }

  /// The Java array of something stored; the caller does not write it.
  default Object download(Object stored) {
    return stored;
  }

  /// Whether what is stored is the Java array itself, as it is unless a backend says otherwise, so
  /// that results need not stay here to be at hand.
  default boolean storesArrays() {
    return true;
  }

  /// A copy of something stored.
  default Object copy(Object stored) {
    return upload(Cells.copyOf(download(stored)));
  }

  /// Waits until everything that was asked for is done, where a backend answers before that.
  default void finish() {}

  /// The bytes that plans have room for.
  default long room() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory());
  }

  /// Runs an operator on stored operands, whose types fit it, and gives the stored result.
  Object run(Op op, Operand[] operands, TensorType result);

  /// Makes a plan of a program, to be run many times.
  default Plan compile(Program program) {
    return new OneByOne(this, program);
  }

  /// Whether there is a kernel for a pass of a [Composite] function, to which compiled programs
  /// then leave it.
  default boolean hasKernel(Composite.Pass pass) {
    return false;
  }

  /// Runs the kernel for a pass of a [Composite] function on stored operands.
  ///
  /// @param pass one that this backend has a kernel for
  /// @param definition what the kernel is held to
  /// @param operands the stored operands
  /// @param results filled with the stored results
  default void runKernel(
      Composite.Pass pass, Program definition, Object[] operands, Object[] results) {
    throw new IllegalStateException(name() + " has no kernels for composite functions");
  }

  /// This backend with a check behind every operator that names the first one, with the caller's
  /// line, whose result holds a NaN or an infinity while its operands hold none.
  default Backend checkingFinite() {
    return new FiniteCheck(this);
  }

  /// The hardware that results depend on, besides the processor, with the versions of what drives
  /// it: what is needed to repeat a computation. It is opened where that has not happened yet.
  ///
  /// @throws TensorException if there is none
  default Optional<String> hardware() {
    return Optional.empty();
  }

  /// Examines what this backend needs of the machine, for `./nestor doctor`. Findings are given as
  /// they are made, since a broken driver may end the process.
  default void examine(Consumer<Finding> findings) {}

  /// The backend of this name, or an error that lists the names there are.
  static Backend named(String name) {
    for (Backend backend : installed()) {
      if (backend.name().equals(name)) {
        return backend;
      }
    }
    throw new TensorException(
        "there is no backend '%s'; there are %s%s"
            .formatted(
                name, names(), String.join("", problems().stream().map("; "::concat).toList())));
  }

  /// The backends that are installed.
  static List<Backend> installed() {
    return Installed.HERE.backends();
  }

  /// Sentences about backends that are installed and cannot be used.
  static List<String> problems() {
    return Installed.HERE.problems();
  }

  /// The names of the backends that are installed.
  static List<String> names() {
    return installed().stream().map(Backend::name).toList();
  }

  /// The backend on which tensors run that belong to none.
  static Backend standard() {
    return Installed.Standard.BACKEND;
  }
}
