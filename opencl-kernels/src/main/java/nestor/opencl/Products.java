package nestor.opencl;

import static nestor.opencl.Call.arguments;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.plan.Kernel;
import nestor.opencl.source.Resource;
import nestor.opencl.source.Source;
import nestor.opencl.source.Style;
import nestor.opencl.source.Types;

/// Matrix products as calls of kernels written by hand.
final class Products {
  private static final int MOST_ROWS = 8;
  private static final int MOST_COLUMNS = 16;
  private static final int FEWEST_COLUMNS = 4;

  private final Session session;
  private final Kernel.Product product;
  private final DType dtype;

  private Products(Session session, Kernel.Product product, DType dtype) {
    this.session = session;
    this.product = product;
    this.dtype = dtype;
  }

  /// The calls that compute products, one after the other.
  static List<Call> of(Session session, Kernel.Product product, DType dtype) {
    return new Products(session, product, dtype).calls();
  }

  private int batch() {
    return product.left().starts().length;
  }

  private List<Call> calls() {
    int count = batch() * product.m() * product.n();
    if (count == 0) {
      return List.of();
    }
    if (product.k() == 0) {
      Source fill = Resource.kernel("fill", Map.of("T", Types.of(dtype), "VALUE", "0"));
      return List.of(
          Call.over(
              count,
              fill,
              arguments(new Call.Slot(product.out(), 0), count),
              session.groupSize()));
    }
    boolean lanes =
        session.style() == Style.LANES
            && product.right().columnStride() == 1
            && product.n() >= FEWEST_COLUMNS;
    return List.of(lanes ? lanes() : plain());
  }

  private Call.Table starts() {
    int[] all = Arrays.copyOf(product.left().starts(), 2 * batch());
    System.arraycopy(product.right().starts(), 0, all, batch(), batch());
    return session.table(all);
  }

  private Call.Slot slot(Kernel.Matrices matrices) {
    return new Call.Slot(matrices.slot(), 0);
  }

  private Call lanes() {
    int rows = Math.min(MOST_ROWS, product.m());
    int columns = Math.min(MOST_COLUMNS, Integer.highestOneBit(product.n()));
    Source source =
        Resource.kernel(
            "product_lanes",
            Map.of(
                "T", Types.of(dtype),
                "V", Types.of(dtype) + columns,
                "ROWS", String.valueOf(rows),
                "COLUMNS", String.valueOf(columns)));
    long across = Math.ceilDiv(product.n(), columns);
    long down = (long) batch() * Math.ceilDiv(product.m(), rows);
    return new Call(
        source,
        arguments(
            slot(product.left()),
            slot(product.right()),
            new Call.Slot(product.out(), 0),
            starts(),
            product.m(),
            product.n(),
            product.k(),
            product.left().rowStride(),
            product.left().columnStride(),
            product.right().rowStride(),
            batch()),
        new long[] {across, down},
        new long[] {1, 1});
  }

  private Call plain() {
    return Call.over(
        product.n(),
        batch() * product.m(),
        Resource.kernel("product_plain", Map.of("T", Types.of(dtype))),
        arguments(
            slot(product.left()),
            slot(product.right()),
            new Call.Slot(product.out(), 0),
            starts(),
            product.m(),
            product.n(),
            product.k(),
            product.left().rowStride(),
            product.left().columnStride(),
            product.right().rowStride(),
            product.right().columnStride(),
            batch()),
        session.groupSize());
  }
}
