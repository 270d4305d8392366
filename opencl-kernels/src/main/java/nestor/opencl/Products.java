package nestor.opencl;

import static nestor.opencl.Call.arguments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.plan.Kernel;
import nestor.opencl.source.Resource;
import nestor.opencl.source.Source;
import nestor.opencl.source.Style;
import nestor.opencl.source.Types;

/// Matrix products as calls of kernels written by hand, of which there are several. All of them add
/// up each number in one chain over k, so that the choice among them moves no bit.
final class Products {
  private static final int MOST_ROWS = 8;
  private static final int FEWEST_COLUMNS = 4;
  private static final int LANES = 16;

  /// Lines of a panel that are read while they stay in the first cache.
  private static final int DEPTH = 256;

  /// FLOP from which more than one work item of a processor pays.
  private static final long PARALLEL_FLOP = 1 << 19;

  /// FLOP from which packing may pay.
  private static final long PACKING_FLOP = 1 << 18;

  private final Session session;
  private final Kernel.Product product;
  private final DType dtype;
  private final int m;
  private final int n;
  private final int k;

  /// A way to compute products.
  enum Way {
    /// A work item for each number.
    PLAIN,
    /// By vectors of the matrices as they lie.
    LANES,
    /// By vectors of packed panels of the right matrices.
    PANELS,
    /// By vectors of packed panels of both.
    PACKED,
    /// By tiles in local memory, 4 × 4 numbers for each work item.
    TILES_4,
    /// The same with 8 × 8 numbers.
    TILES_8
  }

  private Products(Session session, Kernel.Product product, DType dtype) {
    this.session = session;
    this.product = product;
    this.dtype = dtype;
    this.m = product.m();
    this.n = product.n();
    this.k = product.k();
  }

  /// The calls that compute products, one after the other, in the way that is fastest here.
  static List<Call> of(Session session, Kernel.Product product, DType dtype) {
    Products products = new Products(session, product, dtype);
    if (products.batch() * product.m() * product.n() == 0) {
      return List.of();
    }
    if (product.k() == 0) {
      return List.of(products.zero());
    }
    List<Way> ways = products.ways();
    return products.calls(
        ways.size() == 1 ? ways.getFirst() : session.tuning().fastest(product, dtype, ways));
  }

  /// The calls that compute products in one way.
  static List<Call> of(Session session, Kernel.Product product, DType dtype, Way way) {
    return new Products(session, product, dtype).calls(way);
  }

  /// The ways that are worth trying.
  private List<Way> ways() {
    if (session.style() == Style.THREADS) {
      boolean fits = session.device().groupSize() >= 256;
      return !fits || Math.min(m, n) < 8 ? List.of(Way.PLAIN) : List.of(Way.TILES_4, Way.TILES_8);
    }
    if (n < FEWEST_COLUMNS) {
      return List.of(Way.PLAIN);
    }
    if (product.right().columnStride() != 1) {
      return List.of(Way.PANELS, Way.PACKED);
    }
    long flop = 2L * batch() * m * n * k;
    return flop < PACKING_FLOP || m < MOST_ROWS
        ? List.of(Way.LANES)
        : List.of(Way.LANES, Way.PANELS, Way.PACKED);
  }

  private List<Call> calls(Way way) {
    return switch (way) {
      case PLAIN -> List.of(plain());
      case LANES -> List.of(lanes());
      case PANELS -> packed(false);
      case PACKED -> packed(true);
      case TILES_4 -> List.of(tiles(4));
      case TILES_8 -> List.of(tiles(8));
    };
  }

  private int batch() {
    return product.left().starts().length;
  }

  private Call zero() {
    int count = batch() * m * n;
    Source fill = Resource.kernel("fill", Map.of("T", Types.of(dtype), "VALUE", "0"));
    return Call.over(count, fill, arguments(out(), count), session.groupSize());
  }

  private Call.Slot out() {
    return new Call.Slot(product.out(), 0);
  }

  private Call.Slot slot(Kernel.Matrices matrices) {
    return new Call.Slot(matrices.slot(), 0);
  }

  private Call.Table starts() {
    int[] all = Arrays.copyOf(product.left().starts(), 2 * batch());
    System.arraycopy(product.right().starts(), 0, all, batch(), batch());
    return session.table(all);
  }

  private List<Call.Argument> strided() {
    return arguments(
        slot(product.left()),
        slot(product.right()),
        out(),
        starts(),
        m,
        n,
        k,
        product.left().rowStride(),
        product.left().columnStride(),
        product.right().rowStride(),
        product.right().columnStride(),
        batch());
  }

  private Call plain() {
    Source source = Resource.kernel("product_plain", Map.of("T", Types.of(dtype)));
    return Call.over(n, batch() * m, source, strided(), session.groupSize());
  }

  private Call tiles(int per) {
    Source source =
        Resource.kernel(
            "product_tiles",
            Map.of("T", Types.of(dtype), "PER", String.valueOf(per), "DEEP", "16"));
    int side = 16 * per;
    long across = 16L * Math.ceilDiv(n, side);
    long down = 16L * Math.ceilDiv(m, side);
    return new Call(source, strided(), new long[] {across, down, batch()}, new long[] {16, 16, 1});
  }

  private Call lanes() {
    int rows = Math.min(MOST_ROWS, m);
    int lanes = Math.min(LANES, Integer.highestOneBit(n));
    int vectors = dtype == DType.FLOAT32 && n >= 2 * LANES ? 2 : 1;
    Source source =
        Resource.kernel(
            "product_lanes",
            Map.of(
                "T", Types.of(dtype),
                "V", Types.of(dtype) + lanes,
                "LANES", String.valueOf(lanes),
                "VECTORS", String.valueOf(vectors),
                "ROWS", String.valueOf(rows)));
    int across = Math.ceilDiv(n, lanes * vectors);
    int tiles = Math.ceilDiv(m, rows);
    int down = Math.clamp(items(2L * batch() * m * n * k) / across, 1, tiles);
    int rowStep = Math.ceilDiv(tiles, down) * rows;
    List<Call.Argument> arguments = strided();
    arguments.add(new Call.Scalar(rowStep));
    return new Call(
        source,
        arguments,
        new long[] {across, Math.ceilDiv(m, rowStep), batch()},
        new long[] {1, 1, 1});
  }

  // ---------------------------------------------------------------- packed

  private List<Call> packed(boolean both) {
    int rows = Math.min(MOST_ROWS, m);
    int vectors = dtype == DType.FLOAT32 && n > LANES ? 2 : 1;
    int columns = LANES * vectors;
    List<Call> calls = new ArrayList<>();
    Kernel.Matrices left = product.left();
    Kernel.Matrices right = product.right();
    Panels b =
        panels(calls, right, n, columns, right.columnStride(), right.rowStride(), "right panels");
    Source source =
        Resource.kernel(
            "product_packed",
            Map.of(
                "T", Types.of(dtype),
                "T16", Types.of(dtype) + LANES,
                "ROWS", String.valueOf(rows),
                "VECTORS", String.valueOf(vectors),
                "LEFT_PACKED", both ? "1" : "0",
                "DEPTH", String.valueOf(DEPTH)));
    List<Call.Argument> leftArguments =
        both
            ? packedLeft(calls, rows)
            : arguments(
                slot(left), session.table(left.starts()), left.rowStride(), left.columnStride());
    int items = items(2L * m * n * k);
    int across = Math.min(Math.ceilDiv(n, columns), items);
    int columnStep = Math.ceilDiv(Math.ceilDiv(n, columns), across) * columns;
    int down = Math.clamp(items / across, 1, Math.ceilDiv(m, rows));
    int rowStep = Math.ceilDiv(Math.ceilDiv(m, rows), down) * rows;
    List<Call.Argument> all = new ArrayList<>(leftArguments);
    all.addAll(arguments(b.array, b.batch, out(), m, n, k, rowStep, columnStep));
    calls.add(
        new Call(
            source,
            all,
            new long[] {Math.ceilDiv(n, columnStep), Math.ceilDiv(m, rowStep), batch()},
            new long[] {1, 1, 1}));
    return calls;
  }

  private List<Call.Argument> packedLeft(List<Call> calls, int rows) {
    Kernel.Matrices left = product.left();
    Panels a = panels(calls, left, m, rows, left.rowStride(), left.columnStride(), "left panels");
    int[] starts = new int[batch()];
    Arrays.setAll(starts, matrix -> matrix * a.batch);
    return arguments(a.array, session.table(starts), 0, 0);
  }

  private int items(long flop) {
    return flop < PARALLEL_FLOP ? 1 : session.items();
  }

  /// Packed matrices, and the distance of one from the next.
  private record Panels(Call.Own array, int batch) {}

  private Panels panels(
      List<Call> calls,
      Kernel.Matrices matrices,
      int count,
      int width,
      int across,
      int along,
      String role) {
    int[] starts = matrices.starts();
    boolean shared = Arrays.stream(starts).allMatch(start -> start == starts[0]);
    int packed = shared ? 1 : starts.length;
    int panels = Math.ceilDiv(count, width);
    int size = panels * k * width;
    Call.Own array = session.shared(role, dtype, packed * size);
    Source source =
        Resource.kernel(
            "pack",
            Map.of(
                "T", Types.of(dtype), "T8", Types.of(dtype) + 8, "WIDTH", String.valueOf(width)));
    int pieces = Math.clamp(items(8L * count * k) / panels, 1, Math.ceilDiv(k, 8));
    int depth = Math.ceilDiv(Math.ceilDiv(k, pieces), 8) * 8;
    calls.add(
        new Call(
            source,
            arguments(
                slot(matrices),
                array,
                session.table(Arrays.copyOf(starts, packed)),
                count,
                k,
                across,
                along,
                depth),
            new long[] {panels, Math.ceilDiv(k, depth), packed},
            new long[] {1, 1, 1}));
    return new Panels(array, shared ? 0 : size);
  }
}
