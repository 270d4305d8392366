package nestor.autodiff;

/// An operator that by its type differentiates to nothing: it is constant almost everywhere, or its
/// result is made of integers, truth values or random numbers. A tape does not record it.
public sealed interface DiscreteOp extends Op
    permits PiecewiseConstant,
        Compare,
        Logical,
        IntegerDivision,
        ArgReduce,
        ArgSort,
        Random,
        StopGradient {}
