package nestor.autodiff;

import java.util.Arrays;

/// An immutable list of ints with equality by content: an operator's attribute, such as the axes of
/// a permutation.
public final class Ints {
  private final int[] items;

  private Ints(int[] items) {
    this.items = items;
  }

  /// A list of these numbers.
  public static Ints of(int... items) {
    return new Ints(items.clone());
  }

  /// The number of items.
  public int length() {
    return items.length;
  }

  /// The item at a position.
  public int get(int index) {
    return items[index];
  }

  /// The items in a new array.
  public int[] toArray() {
    return items.clone();
  }

  /// The list with one more item in front.
  Ints prepend(int first) {
    int[] result = new int[items.length + 1];
    result[0] = first;
    System.arraycopy(items, 0, result, 1, items.length);
    return new Ints(result);
  }

  /// The list with `delta` added to each item.
  Ints shift(int delta) {
    int[] result = items.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] += delta;
    }
    return new Ints(result);
  }

  /// Whether the list holds the number.
  boolean contains(int item) {
    for (int own : items) {
      if (own == item) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Ints ints && Arrays.equals(items, ints.items);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(items);
  }

  @Override
  public String toString() {
    return Arrays.toString(items);
  }
}
