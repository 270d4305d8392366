package nestor.autodiff.cpu.functions;

/// The algebra of numbers themselves: what each operation means.
public final class FloatNumbers implements FloatAlgebra<Float, Integer, Boolean> {
  @Override
  public Float constant(float value) {
    return value;
  }

  @Override
  public Float add(Float a, Float b) {
    return a + b;
  }

  @Override
  public Float subtract(Float a, Float b) {
    return a - b;
  }

  @Override
  public Float multiply(Float a, Float b) {
    return a * b;
  }

  @Override
  public Float divide(Float a, Float b) {
    return a / b;
  }

  @Override
  public Float fma(Float a, Float b, Float c) {
    return Math.fma(a, b, c);
  }

  @Override
  public Float absolute(Float a) {
    return Math.abs(a);
  }

  @Override
  public Integer bits(Float a) {
    return Float.floatToRawIntBits(a);
  }

  @Override
  public Float number(Integer bits) {
    return Float.intBitsToFloat(bits);
  }

  @Override
  public Integer integer(int value) {
    return value;
  }

  @Override
  public Integer plus(Integer a, Integer b) {
    return a + b;
  }

  @Override
  public Integer minus(Integer a, Integer b) {
    return a - b;
  }

  @Override
  public Integer and(Integer a, Integer b) {
    return a & b;
  }

  @Override
  public Integer or(Integer a, Integer b) {
    return a | b;
  }

  @Override
  public Integer xor(Integer a, Integer b) {
    return a ^ b;
  }

  @Override
  public Integer shiftLeft(Integer a, int by) {
    return a << by;
  }

  @Override
  public Integer shiftRight(Integer a, int by) {
    return a >>> by;
  }

  @Override
  public Boolean less(Float a, Float b) {
    return a.floatValue() < b.floatValue();
  }

  @Override
  public Boolean equal(Float a, Float b) {
    return a.floatValue() == b.floatValue();
  }

  @Override
  public Boolean not(Boolean a) {
    return !a;
  }

  @Override
  public Float select(Boolean condition, Float yes, Float no) {
    return condition ? yes : no;
  }

  @Override
  public Float patch(Boolean condition, Float argument, Float result, String exact) {
    return condition ? exact(exact, argument) : result;
  }

  private static Float exact(String name, Float argument) {
    return switch (name) {
      case "widenedLog" -> FloatFunctions.widenedLog(argument);
      case "widenedLog1p" -> FloatFunctions.widenedLog1p(argument);
      case "widenedSin" -> FloatFunctions.widenedSin(argument);
      case "widenedCos" -> FloatFunctions.widenedCos(argument);
      default -> throw new AssertionError(name);
    };
  }
}
