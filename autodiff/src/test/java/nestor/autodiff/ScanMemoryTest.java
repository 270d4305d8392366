package nestor.autodiff;

import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.vjp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import nestor.autodiff.Transform.Step;
import org.junit.jupiter.api.Test;

/// How much a scan keeps for its backward pass, counted on a backend that knows what is still used.
class ScanMemoryTest {
  private static final int SIZE = 1000;

  /// A backend that remembers what it gave as long as somebody else does.
  record Counting(Backend backend, Queue<WeakReference<double[]>> given) implements Backend {
    Counting() {
      this(Backend.named("cpu"), new ConcurrentLinkedQueue<>());
    }

    @Override
    public String name() {
      return "counting";
    }

    @Override
    public Object upload(Object array) {
      return noted(backend.upload(array));
    }

    @Override
    public Object download(Object stored) {
      return backend.download(stored);
    }

    @Override
    public Object run(Op op, Operand[] operands, TensorType result) {
      return noted(backend.run(op, operands, result));
    }

    private Object noted(Object stored) {
      if (stored instanceof double[] numbers) {
        given.add(new WeakReference<>(numbers));
      }
      return stored;
    }

    /// The numbers in use, in carries.
    long carries() {
      System.gc();
      return given.stream()
              .map(WeakReference::get)
              .filter(java.util.Objects::nonNull)
              .distinct()
              .mapToLong(numbers -> numbers.length)
              .sum()
          / SIZE;
    }
  }

  private static long kept(int length, Keep keep) {
    Counting counting = new Counting();
    Tensor x = Tensor.full(DType.FLOAT64, 0.3, SIZE).on(counting);
    var out =
        vjp(
            (Tensor h) ->
                scan(
                        (Tensor now) -> new Step<>(now.sin().exp().tanh().times(h), List.of()),
                        h,
                        length,
                        keep)
                    .carry()
                    .sum(),
            x);
    long kept = counting.carries();
    assertEquals(SIZE, out.pullback().apply(out.value().onesLike()).shape().size());
    return kept;
  }

  @Test
  void allCarriesAreKeptAndNothingElse() {
    assertTrue(kept(100, Keep.ALL) <= 100 + 4, "carries: " + kept(100, Keep.ALL));
    assertTrue(kept(400, Keep.ALL) >= 400, "the count counts");
  }

  @Test
  void theRootOfTheCarriesIsKept() {
    assertTrue(kept(100, Keep.SQRT) <= 10 + 4, "carries: " + kept(100, Keep.SQRT));
    assertTrue(kept(400, Keep.SQRT) <= 20 + 4, "carries: " + kept(400, Keep.SQRT));
    assertTrue(kept(410, Keep.SQRT) <= 21 + 11 + 5, "carries: " + kept(410, Keep.SQRT));
  }
}
