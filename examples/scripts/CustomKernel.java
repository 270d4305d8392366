// A kernel of one's own for a function written with tensor operations: the function stays the
// definition, and derivatives of any order are its own.
//
//   ./nestor script examples/scripts/CustomKernel.java
import static nestor.autodiff.Transform.*;

import module nestor.autodiff;
import module nestor.opencl;
import nestor.autodiff.Key;

record Head(Tensor q, Tensor k, Tensor v) {} // [time, width] each

/// Linear attention, causal: out_t = Σ_{s ≤ t} (q_t · k_s) v_s.
static final Composite<Head, Tensor> ATTENTION =
    Composite.named(
        "attention", h -> h.q().matmul(h.k().transpose()).tril(0).matmul(h.v()));

static final String CODE =
    """
    __kernel void attention(__global const float *q, __global const float *k,
                            __global const float *v, __global float *out) {
      int column = get_global_id(0); // one column of the memory per work item
      float memory[WIDTH] = {0};
      for (int t = 0; t < TIME; t++) {
        float sum = 0;
        for (int i = 0; i < WIDTH; i++) {
          memory[i] += k[t * WIDTH + i] * v[t * WIDTH + column];
          sum += q[t * WIDTH + i] * memory[i];
        }
        out[t * WIDTH + column] = sum;
      }
    }
    """;

void main() {
  try (OpenClBackend gpu = OpenClBackend.open()) {
    IO.println("on " + gpu.device());
    gpu.attach(
        ATTENTION.forward(),
        CustomKernel.of(
            "attention",
            CODE,
            in -> {
              Shape shape = in.getFirst().shape();
              return CustomKernel.Grid.of(shape.dim(1))
                  .with("TIME", shape.dim(0))
                  .with("WIDTH", shape.dim(1));
            }));
    Head head = head(DType.FLOAT32, gpu);
    Tensor out = ATTENTION.apply(head); // compared with the definition, then trusted
    IO.println("value      " + out.square().mean().item());

    Function<Head, Tensor> loss = h -> ATTENTION.apply(h).square().mean();
    Head direction = Tree.map(head, x -> x.onesLike());
    Head second = hvp(loss, head, direction);
    IO.println("curvature  " + Tree.norm(second).item());

    // The same in float64 on another backend, where there is no kernel.
    Backend reference = Backend.named("reference");
    Head wide = Tree.map(head, x -> x.on(reference).cast(DType.FLOAT64));
    Head expected = hvp(loss, wide, Tree.map(wide, x -> x.onesLike()));
    double error =
        Tree.norm(Tree.zip(second, expected, (a, b) -> a.on(reference).cast(DType.FLOAT64).minus(b)))
                .item()
            / Tree.norm(expected).item();
    IO.println("its error  " + error);
    if (!(error < 1e-5)) {
      throw new AssertionError("the second derivative is wrong");
    }
  }
}

Head head(DType dtype, Backend backend) {
  List<Key> keys = Key.of(0).split(3);
  return Tree.map(
      new Head(
          keys.get(0).normal(dtype, 48, 16),
          keys.get(1).normal(dtype, 48, 16),
          keys.get(2).normal(dtype, 48, 16)),
      x -> x.on(backend));
}
