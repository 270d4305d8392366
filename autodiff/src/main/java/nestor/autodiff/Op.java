package nestor.autodiff;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// A primitive operator: everything that is known of it stands in its own file.
///
/// An operator has a rule for the type of its result, a scalar forward definition, a batching rule
/// and a sampling domain; a [DifferentiableOp] has a vector-Jacobian product besides, written with
/// differentiable tensor operations, so that derivatives of every order follow. Pointwise families
/// are enums, operators with attributes are records. Everything else in this library is a plain
/// function over these.
public sealed interface Op permits DifferentiableOp, DiscreteOp {
  /// The element type and shape of the result.
  ///
  /// A rule that finds its operands unfit throws; the caller sees a [TensorException] with the
  /// operator's name, the operands and the line.
  TensorType result(TensorType[] in);

  /// The operator's definition: plain loops over scalars that fill `out`.
  ///
  /// The `reference` backend runs exactly this; every other backend is held to it.
  void forward(Cells[] in, Cells out);

  /// The batching rule: applies the operator to every example of a batch at once.
  ///
  /// Operand `i` carries the batch as axis 0 if `mapped[i]`, and is the same for all examples
  /// otherwise; at least one is mapped. The result carries the batch as axis 0.
  Tensor batch(Tensor[] in, boolean[] mapped, int size);

  /// The floating-point operations of a run: 2 for a multiply-add of a matrix product, 1 for each
  /// element that a pointwise operator gives or a reduction takes in. Nothing else counts, nor does
  /// what is done with integers.
  default long flops(TensorType[] in, TensorType result) {
    if (result.dtype().isInteger()
        || Arrays.stream(in).anyMatch(type -> type.dtype().isInteger())) {
      return 0;
    }
    return switch (this) {
      case MatMul _ -> 2L * result.shape().size() * in[0].shape().dim(in[0].shape().rank() - 1);
      case Reduce _ -> in[0].shape().size();
      case Unary _, PiecewiseConstant _, Binary _, Compare _, Logical _, Where _, Cast _ ->
          result.shape().size();
      default -> 0;
    };
  }

  /// The operator's name in messages, as in `matmul` or `scatter_add`.
  default String label() {
    if (this instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
    return getClass()
        .getSimpleName()
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }

  /// Samples of every primitive over its domain and at awkward shapes: rank 0, size 1, empty, prime
  /// sizes, broadcast left, right and both. Every check of operators iterates over this list.
  static List<Sample> samples(Sampler draw) {
    return Stream.of(
            Unary.samples(draw.of("Unary")),
            Binary.samples(draw.of("Binary")),
            Where.samples(draw.of("Where")),
            Cast.samples(draw.of("Cast")),
            Reduce.samples(draw.of("Reduce")),
            CumulativeSum.samples(draw.of("CumulativeSum")),
            MatMul.samples(draw.of("MatMul")),
            SolveLowerUnit.samples(draw.of("SolveLowerUnit")),
            Reshape.samples(draw.of("Reshape")),
            Permute.samples(draw.of("Permute")),
            Broadcast.samples(draw.of("Broadcast")),
            Slice.samples(draw.of("Slice")),
            Pad.samples(draw.of("Pad")),
            Flip.samples(draw.of("Flip")),
            Concat.samples(draw.of("Concat")),
            Gather.samples(draw.of("Gather")),
            ScatterAdd.samples(draw.of("ScatterAdd")),
            Unfold.samples(draw.of("Unfold")),
            Fold.samples(draw.of("Fold")),
            PiecewiseConstant.samples(draw.of("PiecewiseConstant")),
            Compare.samples(draw.of("Compare")),
            Logical.samples(draw.of("Logical")),
            IntegerDivision.samples(draw.of("IntegerDivision")),
            ArgReduce.samples(draw.of("ArgReduce")),
            ArgSort.samples(draw.of("ArgSort")),
            Random.samples(draw.of("Random")),
            StopGradient.samples(draw.of("StopGradient")))
        .flatMap(List::stream)
        .toList();
  }
}
