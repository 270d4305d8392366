package nestor.opencl;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import nestor.autodiff.TensorType;

/// A kernel in OpenCL C for a pass of a [nestor.autodiff.Composite] function, see
/// [OpenClBackend#attach].
///
/// Its parameters are pointers to the elements of the operands, in their order, and then to those
/// of the results, which it fills: `__global const float *`, `__global float *`, and likewise
/// `double`, `long`, `int` and `uchar` for truth values. Arrays are in row-major order. Sizes come
/// in as macros of the [Grid].
///
/// ```java
/// gpu.attach(SCORE.forward(), CustomKernel.of("score", """
///     __kernel void score(__global const float *q, __global const float *k, __global float *out) {
///       int i = get_global_id(0);
///       …
///     }""", in -> Grid.of(in.get(0).shape().dim(0)).with("WIDTH", in.get(0).shape().dim(1))));
/// ```
///
/// @param name the name of the kernel function in the code
/// @param code the code, in which that function and any number of others stand
/// @param grid from the types of the operands to the work items and sizes
/// @param tolerance the largest |kernel − definition| / max(1, max |definition|) that passes when
///   the kernel is first used on operands of some types
public record CustomKernel(
    String name, String code, Function<List<TensorType>, Grid> grid, double tolerance) {
  private static final double TOLERANCE = 1e-4;

  /// A kernel with a tolerance of 1e-4.
  public static CustomKernel of(String name, String code, Function<List<TensorType>, Grid> grid) {
    return new CustomKernel(name, code, grid, TOLERANCE);
  }

  /// The same kernel held to another tolerance.
  public CustomKernel within(double tolerance) {
    return new CustomKernel(name, code, grid, tolerance);
  }

  /// Over which work items a kernel runs, and the sizes that it knows as macros.
  ///
  /// @param items work items per axis, at most three axes
  /// @param group work items of a group per axis; empty where the driver may choose
  /// @param sizes macros and their values
  public record Grid(List<Integer> items, List<Integer> group, Map<String, Integer> sizes) {
    /// A number of work items per axis.
    public static Grid of(Integer... items) {
      return new Grid(List.of(items), List.of(), Map.of());
    }

    /// The same items in groups; where a size divides the items of its axis.
    public Grid inGroupsOf(Integer... group) {
      return new Grid(items, List.of(group), sizes);
    }

    /// The same with one more macro.
    public Grid with(String macro, int value) {
      Map<String, Integer> more = new LinkedHashMap<>(sizes);
      more.put(macro, value);
      return new Grid(items, group, more);
    }
  }
}
