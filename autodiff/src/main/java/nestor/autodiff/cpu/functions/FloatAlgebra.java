package nestor.autodiff.cpu.functions;

/// What elementary functions of `float32` are made of. A function written over it can be evaluated
/// on numbers and turned into scalar or vector code, with the same bits each time.
///
/// @param <V> a number, or what stands for it in generated code
/// @param <B> the 32 bits of a number as an integer
/// @param <M> a truth value
public interface FloatAlgebra<V, B, M> {
  V constant(float value);

  V add(V a, V b);

  V subtract(V a, V b);

  V multiply(V a, V b);

  V divide(V a, V b);

  /// a · b + c, rounded once.
  V fma(V a, V b, V c);

  V absolute(V a);

  B bits(V a);

  V number(B bits);

  B integer(int value);

  B plus(B a, B b);

  B minus(B a, B b);

  B and(B a, B b);

  B or(B a, B b);

  B xor(B a, B b);

  B shiftLeft(B a, int by);

  /// Fills with zeros.
  B shiftRight(B a, int by);

  /// a < b; false with NaN.
  M less(V a, V b);

  /// a = b; false with NaN.
  M equal(V a, V b);

  M not(M a);

  V select(M condition, V yes, V no);

  /// `result`, but what `exact` gives for `argument` wherever the condition holds, which is rare:
  /// the name of a static method of `FloatFunctions` from float to float.
  V patch(M condition, V argument, V result, String exact);
}
