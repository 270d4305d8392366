package nestor.autodiff;

import static nestor.autodiff.Dispatch.apply;

import java.util.Arrays;
import nestor.autodiff.MatMul.Side;

/// The operators of [Tensor] that know of axes: reductions, matrix products, indexing and moving
/// elements. Axes may be given from the end; no axes given to a reduction means all of them.
public sealed interface AxisOperators permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  // ---------------------------------------------------------------- reductions

  /// The sum over axes, which disappear.
  default Tensor sum(int... axes) {
    return squeeze(sumKeepDims(axes), axes);
  }

  /// The sum over axes, which stay with size 1.
  default Tensor sumKeepDims(int... axes) {
    return apply(new Reduce(Reduce.Kind.SUM, reduced("sum", axes)), self());
  }

  /// The mean over axes, which disappear.
  default Tensor mean(int... axes) {
    return squeeze(meanKeepDims(axes), axes);
  }

  /// The mean over axes, which stay with size 1.
  default Tensor meanKeepDims(int... axes) {
    reduced("mean", axes);
    Tensor sum = sumKeepDims(axes);
    int count = Math.max(1, self().shape().size()) / Math.max(1, sum.shape().size());
    return self().shape().size() == 0 ? sum.div(0) : sum.div(count);
  }

  /// The largest element over axes, which disappear; ties share the gradient.
  default Tensor max(int... axes) {
    return squeeze(maxKeepDims(axes), axes);
  }

  /// The largest element over axes, which stay with size 1; ties share the gradient.
  default Tensor maxKeepDims(int... axes) {
    return apply(new Reduce(Reduce.Kind.MAX, reduced("max", axes)), self());
  }

  /// The smallest element over axes, which disappear; ties share the gradient.
  default Tensor min(int... axes) {
    reduced("min", axes);
    if (self().dtype().isInteger()) { // −1 − x, unlike −x, exists for every integer
      return self().constant(-1).minus(self().constant(-1).minus(self()).max(axes));
    }
    return self().neg().max(axes).neg();
  }

  /// The index (`int64`) of the largest element along an axis, which disappears.
  default Tensor argmax(int axis) {
    int at = axis("argmax", axis);
    return squeeze(apply(new ArgReduce(ArgReduce.Kind.ARGMAX, at), self()), axis);
  }

  /// The index (`int64`) of the smallest element along an axis, which disappears.
  default Tensor argmin(int axis) {
    int at = axis("argmin", axis);
    return squeeze(apply(new ArgReduce(ArgReduce.Kind.ARGMIN, at), self()), axis);
  }

  /// The indices (`int64`) that sort an axis in increasing order, equals in their old order.
  default Tensor argsort(int axis) {
    return apply(new ArgSort(axis("argsort", axis)), self());
  }

  /// The elements along an axis in increasing order.
  default Tensor sort(int axis) {
    return takeAlongAxis(argsort(axis), axis);
  }

  /// Running sums along an axis.
  default Tensor cumsum(int axis) {
    int at = axis("cumsum", axis);
    return apply(new CumulativeSum(at, CumulativeSum.Direction.FORWARD), self());
  }

  private Ints reduced(String operator, int[] axes) {
    return Dispatch.naming(operator, () -> Ints.of(self().shape().axes(axes)), self());
  }

  private Shape checkedShape(String operator, int[] dims) {
    return Dispatch.naming(operator, () -> Shape.ofOperand(dims), self());
  }

  private int axis(String operator, int axis) {
    return Dispatch.naming(operator, () -> self().shape().axis(axis), self());
  }

  private Tensor squeeze(Tensor kept, int... axes) {
    Ints gone = Ints.of(self().shape().axes(axes));
    int[] dims = new int[self().shape().rank() - gone.length()];
    int next = 0;
    for (int axis = 0; axis < self().shape().rank(); axis++) {
      if (!gone.contains(axis)) {
        dims[next++] = self().shape().dim(axis);
      }
    }
    return kept.reshape(dims);
  }

  // ---------------------------------------------------------------- matrix products

  /// The matrix product with NumPy's rules: `[..., m, k]` by `[..., k, n]`; a vector is a row on
  /// the left, a column on the right, and its axis disappears.
  default Tensor matmul(Tensor other) {
    int left = self().shape().rank();
    int right = other.shape().rank();
    if (left == 0 || right == 0) {
      throw TensorException.of("matmul", "a single number is no matrix; use times", self(), other);
    }
    if (left > 2 && right == 2) {
      return rows(Side.PLAIN, other);
    }
    if (left >= 2 && right >= 2) {
      return apply(new MatMul(Side.PLAIN, Side.PLAIN), self(), other);
    }
    Tensor a = left == 1 ? reshape(1, self().shape().dim(0)) : self();
    Tensor b = right == 1 ? other.reshape(other.shape().dim(0), 1) : other;
    requireInner(a.shape().dim(-1), b.shape().dim(-2), other);
    Tensor product = a.matmul(b);
    Shape shape = product.shape();
    Shape result = shape.range(0, shape.rank() - 2);
    result = left == 1 ? result : result.plus(Shape.of(shape.dim(-2)));
    result = right == 1 ? result : result.plus(Shape.of(shape.dim(-1)));
    return product.reshape(result);
  }

  /// The product `[..., m, k]` by the transpose of `[..., n, k]`, as in a linear layer x Wᵀ.
  default Tensor matmulTransposed(Tensor other) {
    if (self().shape().rank() == 1 && other.shape().rank() == 2) {
      Tensor row = reshape(1, self().shape().dim(0));
      requireInner(self().shape().dim(0), other.shape().dim(1), other);
      return apply(new MatMul(Side.PLAIN, Side.TRANSPOSED), row, other)
          .reshape(other.shape().dim(0));
    }
    return self().shape().rank() > 2 && other.shape().rank() == 2
        ? rows(Side.TRANSPOSED, other)
        : apply(new MatMul(Side.PLAIN, Side.TRANSPOSED), self(), other);
  }

  /// The product of the transpose of `[..., k, m]` by `[..., k, n]`.
  default Tensor transposedMatmul(Tensor other) {
    return apply(new MatMul(Side.TRANSPOSED, Side.PLAIN), self(), other);
  }

  /// The check of a product with a vector, whose own shape the message shall show.
  private void requireInner(int inner, int others, Tensor other) {
    if (inner != others) {
      String what = "the inner sizes %d and %d differ".formatted(inner, others);
      throw TensorException.of("matmul", what, self(), other);
    }
  }

  /// One product for all rows of all leading axes.
  private Tensor rows(Side side, Tensor matrix) {
    Shape shape = self().shape();
    Shape leading = shape.range(0, shape.rank() - 1);
    TensorType[] types = {self().type(), matrix.type()};
    Dispatch.naming("matmul", () -> new MatMul(Side.PLAIN, side).result(types), self(), matrix);
    Tensor flat = reshape(leading.size(), shape.dim(-1));
    Tensor product = apply(new MatMul(Side.PLAIN, side), flat, matrix);
    return product.reshape(leading.plus(Shape.of(product.shape().dim(1))));
  }

  /// The products of all pairs of elements of two vectors: `[m]`, `[n]` to `[m, n]`.
  default Tensor outer(Tensor other) {
    if (self().shape().rank() != 1 || other.shape().rank() != 1) {
      throw TensorException.of("outer", "needs two vectors", self(), other);
    }
    return reshape(self().shape().dim(0), 1).times(other);
  }

  /// The sum of the products of corresponding elements of two tensors of one shape: ⟨a, b⟩.
  default Tensor dot(Tensor other) {
    return self().times(other).sum();
  }

  /// Solves (I + the strictly lower part of this) z = y on the last two axes.
  default Tensor solveLowerUnit(Tensor y) {
    return apply(new SolveLowerUnit(Side.PLAIN), self(), y);
  }

  /// The elements of the last two axes with column ≤ row + `diagonal`, zeros elsewhere.
  default Tensor tril(int diagonal) {
    Shape shape = self().shape();
    if (shape.rank() < 2) {
      throw TensorException.of("tril", "needs at least two axes", self());
    }
    Tensor rows = Tensor.arange(DType.INT64, shape.dim(-2)).plus(diagonal);
    Tensor columns = Tensor.arange(DType.INT64, shape.dim(-1));
    Tensor keep = columns.lessEqual(rows.reshape(shape.dim(-2), 1));
    return keep.where(self(), self().constant(0));
  }

  // ---------------------------------------------------------------- shapes and axes

  /// The same elements in row-major order under another shape; one size may be −1 and follows.
  default Tensor reshape(int... dims) {
    int unknown = -1;
    int known = 1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == -1 && unknown == -1) {
        unknown = i;
      } else {
        known *= dims[i];
      }
    }
    int[] full = dims.clone();
    if (unknown >= 0) {
      if (known <= 0 || self().shape().size() % known != 0) {
        throw TensorException.of(
            "reshape", "no size for −1 fits in " + Arrays.toString(dims), self());
      }
      full[unknown] = self().shape().size() / known;
    }
    return reshape(checkedShape("reshape", full));
  }

  /// The same elements in row-major order under another shape.
  default Tensor reshape(Shape shape) {
    return shape.equals(self().shape()) ? self() : apply(new Reshape(shape), self());
  }

  /// This tensor with a new axis of size 1 at a position.
  default Tensor expandDims(int axis) {
    int rank = self().shape().rank();
    int at = axis < 0 ? axis + rank + 1 : axis;
    if (at < 0 || at > rank) {
      throw TensorException.of("expandDims", "there is no place " + axis, self());
    }
    Shape shape = self().shape();
    return reshape(shape.range(0, at).plus(Shape.of(1)).plus(shape.range(at, rank)));
  }

  /// The axes in another order: axis i of the result is axis `axes[i]` of this.
  default Tensor permute(int... axes) {
    int[] positive = new int[axes.length];
    for (int i = 0; i < axes.length; i++) {
      positive[i] = axis("permute", axes[i]);
    }
    return apply(new Permute(Ints.of(positive)), self());
  }

  /// The last two axes exchanged.
  default Tensor transpose() {
    int rank = self().shape().rank();
    if (rank < 2) {
      throw TensorException.of("transpose", "needs at least two axes", self());
    }
    int[] axes = new int[rank];
    Arrays.setAll(axes, i -> i);
    axes[rank - 1] = rank - 2;
    axes[rank - 2] = rank - 1;
    return permute(axes);
  }

  /// One axis at another position, the others in their order.
  default Tensor moveAxis(int from, int to) {
    int rank = self().shape().rank();
    int source = axis("moveAxis", from);
    int target = axis("moveAxis", to);
    int[] axes = new int[rank];
    for (int i = 0, next = 0; i < rank; i++) {
      next += next == source ? 1 : 0;
      axes[i] = i == target ? source : next++;
    }
    return permute(axes);
  }

  /// This tensor repeated to a larger shape as broadcasting does.
  default Tensor broadcastTo(int... dims) {
    return broadcastTo(checkedShape("broadcastTo", dims));
  }

  /// This tensor repeated to a larger shape as broadcasting does.
  default Tensor broadcastTo(Shape shape) {
    return shape.equals(self().shape()) ? self() : apply(new Broadcast(shape), self());
  }

  /// The elements at `start, start + step, …` below `stop` on each axis.
  default Tensor slice(int[] start, int[] stop, int[] step) {
    return apply(new Slice(Ints.of(start), Ints.of(stop), Ints.of(step)), self());
  }

  /// The elements from `start` to `stop` (excluded) on one axis.
  default Tensor slice(int axis, int start, int stop) {
    int at = axis("slice", axis);
    int[] starts = new int[self().shape().rank()];
    int[] stops = self().shape().toArray();
    int[] steps = new int[starts.length];
    Arrays.fill(steps, 1);
    starts[at] = start;
    stops[at] = stop;
    return slice(starts, stops, steps);
  }

  /// The tensor at one index of axis 0, which disappears.
  default Tensor get(int index) {
    int rows = self().shape().dim(axis("get", 0));
    if (index < 0 || index >= rows) {
      throw TensorException.of(
          "get", "index %d is outside 0 … %d".formatted(index, rows - 1), self());
    }
    return slice(0, index, index + 1).reshape(self().shape().dropFirst());
  }

  /// This tensor with zeros around it, in numbers per axis.
  default Tensor pad(int[] before, int[] after) {
    return apply(new Pad(Ints.of(before), Ints.of(after), Ints.of(new int[before.length])), self());
  }

  /// The elements in reverse order along axes.
  default Tensor flip(int... axes) {
    return apply(new Flip(reduced("flip", axes)), self());
  }

  // ---------------------------------------------------------------- indexing

  /// The slices along an axis that a vector of indices names, in its order.
  default Tensor take(Tensor indices, int axis) {
    int at = axis("take", axis);
    Tensor front = at == 0 ? self() : moveAxis(at, 0);
    Tensor taken = apply(new Gather(0), front, indices);
    return at == 0 ? taken : taken.moveAxis(0, at);
  }

  /// For every position of `indices` the element of this tensor at the same position, but for the
  /// index along the axis, as NumPy's `take_along_axis`; the other axes must agree.
  default Tensor takeAlongAxis(Tensor indices, int axis) {
    int at = axis("take_along_axis", axis);
    int rank = self().shape().rank();
    if (indices.shape().rank() != rank) {
      throw TensorException.of("take_along_axis", "the ranks must agree", self(), indices);
    }
    Tensor x = at == rank - 1 ? self() : moveAxis(at, -1);
    Tensor i = at == rank - 1 ? indices : indices.moveAxis(at, -1);
    Tensor taken = apply(new Gather(rank - 1), x, i);
    return at == rank - 1 ? taken : taken.moveAxis(-1, at);
  }

  /// This tensor with slices along an axis added at a vector of indices.
  default Tensor scatterAdd(Tensor indices, Tensor updates, int axis) {
    int at = axis("scatter_add", axis);
    if (updates.shape().rank() != self().shape().rank()) {
      throw TensorException.of("scatter_add", "the ranks must agree", self(), indices, updates);
    }
    Tensor x = at == 0 ? self() : moveAxis(at, 0);
    Tensor u = at == 0 ? updates : updates.moveAxis(at, 0);
    Tensor sum = apply(new ScatterAdd(0), x, indices, u);
    return at == 0 ? sum : sum.moveAxis(0, at);
  }

  // ---------------------------------------------------------------- images

  /// The windows of images `[n, channels, h, w]` side by side, see [Unfold].
  default Tensor unfold(Window window) {
    return apply(new Unfold(window), self());
  }

  /// The adjoint of [#unfold]: windows added up into images of a size.
  default Tensor fold(Window window, int height, int width) {
    return apply(new Fold(window, height, width), self());
  }
}
