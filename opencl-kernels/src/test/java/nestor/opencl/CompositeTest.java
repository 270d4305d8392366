package nestor.opencl;

import static nestor.autodiff.Transform.compile;
import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.hvp;
import static nestor.autodiff.Transform.vmap;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.UnaryOperator;
import nestor.autodiff.Composite;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.TensorException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Kernels of one's own: called, compared with the definition, and differentiated by it.
class CompositeTest {
  private static final double CLOSE = 1e-5;

  /// x³ on every element.
  private final Composite<Tensor, Tensor> cube = Composite.named("cube", x -> x.times(x).times(x));

  private OpenClBackend opencl;
  private Tensor x;

  @BeforeEach
  void open() {
    InstalledDevice.require();
    opencl = OpenClBackend.open();
    x = Key.of(3).normal(DType.FLOAT32, 6).on(opencl);
  }

  @AfterEach
  void close() {
    if (opencl != null) {
      opencl.close();
    }
  }

  private static CustomKernel kernel(String formula) {
    return CustomKernel.of(
        "cube",
        """
        __kernel void cube(__global const float *x, __global float *y) {
          int i = get_global_id(0);
          y[i] = %s;
        }
        """
            .formatted(formula),
        in -> CustomKernel.Grid.of(in.getFirst().shape().size()));
  }

  private static double[] each(Tensor x, UnaryOperator<Double> f) {
    double[] y = x.toDoubles();
    for (int i = 0; i < y.length; i++) {
      y[i] = f.apply(y[i]);
    }
    return y;
  }

  /// A kernel that is off by less than its tolerance shows that it is the one that ran.
  @Test
  void theKernelRunsInsteadOfTheDefinition() {
    opencl.attach(cube.forward(), kernel("x[i] * x[i] * x[i] + 0.25f").within(0.5));
    double[] expected = each(x, v -> v * v * v + 0.25);
    assertArrayEquals(expected, cube.apply(x).toDoubles(), CLOSE);
    assertArrayEquals(expected, compile(cube).apply(x).toDoubles(), CLOSE);
  }

  @Test
  void aKernelThatIsNotItsDefinitionIsAnError() {
    opencl.attach(cube.forward(), kernel("x[i] * x[i]"));
    TensorException e = assertThrows(TensorException.class, () -> cube.apply(x).toDoubles());
    assertTrue(
        e.getMessage().contains("attached to 'cube' is not its definition: element"),
        e.getMessage());
  }

  @Test
  void derivativesOfAnyOrderAreThoseOfTheDefinition() {
    opencl.attach(cube.forward(), kernel("x[i] * x[i] * x[i]"));
    Tensor first = grad(v -> cube.apply(v).sum(), x);
    assertArrayEquals(each(x, v -> 3 * v * v), first.toDoubles(), CLOSE);
    Tensor second = hvp(v -> cube.apply(v).sum(), x, x.onesLike());
    assertArrayEquals(each(x, v -> 6 * v), second.toDoubles(), CLOSE);
    Tensor third = grad(w -> hvp(v -> cube.apply(v).sum(), w, w.onesLike()).sum(), x);
    assertArrayEquals(each(x, v -> 6.0), third.toDoubles(), CLOSE);
    Tensor compiled = compile((Tensor w) -> grad(v -> cube.apply(v).sum(), w)).apply(x);
    assertArrayEquals(each(x, v -> 3 * v * v), compiled.toDoubles(), CLOSE);
  }

  @Test
  void aBackwardKernelTakesTheDefinitionsPlace() {
    String code =
        """
        __kernel void pull(__global const float *x, __global const float *g, __global float *out) {
          int i = get_global_id(0);
          out[i] = 3 * x[i] * x[i] * g[i] + 0.25f;
        }
        """;
    opencl.attach(
        cube.backward(), CustomKernel.of("pull", code, in -> CustomKernel.Grid.of(6)).within(0.5));
    Tensor first = grad(v -> cube.apply(v).sum(), x);
    assertArrayEquals(each(x, v -> 3 * v * v + 0.25), first.toDoubles(), CLOSE);
  }

  @Test
  void withoutAKernelAndUnderVmapTheDefinitionRuns() {
    double[] expected = each(x, v -> v * v * v);
    assertArrayEquals(expected, cube.apply(x).toDoubles(), CLOSE);
    opencl.attach(cube.forward(), kernel("x[i] * x[i] * x[i] + 0.25f").within(0.5));
    assertArrayEquals(expected, vmap(cube, x.reshape(3, 2)).toDoubles(), CLOSE);
  }

  @Test
  void aTracedTensorThatIsCapturedIsAnError() {
    TensorException e =
        assertThrows(
            TensorException.class,
            () -> grad(v -> Composite.named("leak", (Tensor w) -> w.times(v)).apply(x).sum(), x));
    assertTrue(e.getMessage().contains("make it a part of the argument"), e.getMessage());
  }
}
