package nestor.autodiff.cpu.loop;

import java.util.Arrays;
import java.util.Objects;
import nestor.autodiff.DType;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.LoopArguments;
import org.jspecify.annotations.Nullable;

/// A part of a loop's space, with registers for its values: arrays of one length, in which element
/// (r, c) of the block is at r · columns + c, and what exists once per row at r.
final class Block {
  /// Columns from which a row is copied as a whole.
  private static final int COPIED = 8;

  private static final Object[] NONE = {};

  private Object[] floats = NONE;
  private Object[] doubles = NONE;
  private Object[] truths = NONE;
  private int length;
  private double[][] totals = {};
  final double[] lanes = new double[Loop.LANES];
  final float[] narrowLanes = new float[Loop.LANES];

  private Object[] numbers = floats;
  private Object[] arrays = NONE;
  private int[] offsets = {};
  private @Nullable LoopArguments places;
  int row;
  int rows;
  int column;
  int columns;

  /// How many registers a loop needs.
  ///
  /// @param dtype the type of the numbers
  /// @param numbers registers of numbers
  /// @param truths registers of truth values
  /// @param totals rows of totals of reductions over rows
  record Size(DType dtype, int numbers, int truths, int totals) {}

  /// Makes room, and takes over where operands and results are.
  void open(Size size, int elements, Object[] arrays, int[] offsets, LoopArguments places) {
    if (length < elements) {
      length = elements;
      floats = NONE;
      doubles = NONE;
      truths = NONE;
      totals = new double[0][];
    }
    if (size.dtype == DType.FLOAT64) {
      doubles = withRegisters(doubles, DType.FLOAT64, size.numbers);
      numbers = doubles;
    } else {
      floats = withRegisters(floats, DType.FLOAT32, size.numbers);
      numbers = floats;
    }
    truths = withRegisters(truths, DType.BOOL, size.truths);
    if (totals.length < size.totals) {
      totals = new double[size.totals][length];
    }
    this.arrays = arrays;
    this.offsets = offsets;
    this.places = places;
  }

  private Object[] withRegisters(Object[] known, DType dtype, int count) {
    if (known.length >= count) {
      return known;
    }
    Object[] more = Arrays.copyOf(known, count);
    for (int i = known.length; i < count; i++) {
      more[i] = dtype.newArray(length);
    }
    return more;
  }

  /// Lets go of operands and results.
  void close() {
    arrays = NONE;
    places = null;
  }

  /// A register of numbers.
  Object number(int register) {
    return numbers[register];
  }

  /// A register of truth values.
  boolean[] truth(int register) {
    return (boolean[]) truths[register];
  }

  /// The totals of a reduction over rows.
  double[] totals(int fold) {
    return totals[fold];
  }

  /// The number of elements, or of rows.
  int size(boolean perElement) {
    return perElement ? rows * columns : rows;
  }

  private LoopArguments places() {
    return Objects.requireNonNull(places);
  }

  private Object array(int place) {
    return arrays[places().slots()[place]];
  }

  private int start(int place) {
    return offsets[places().slots()[place]] + places().offsets()[place];
  }

  private int @Nullable [] table(int place) {
    int[][] tables = places().tables();
    return tables == null ? null : tables[place];
  }

  private int stride(int place) {
    return places().rowStrides()[place];
  }

  /// How far after the first element of a place one of its rows begins.
  private static int distance(int row, int stride, int @Nullable [] table) {
    return table == null ? row * stride : table[row];
  }

  private int start(int place, int row) {
    return start(place) + distance(row, stride(place), table(place));
  }

  /// Reads an operand's elements.
  void read(int place, Object to) {
    move(place, array(place), to, true);
  }

  /// Writes a result's elements.
  void write(int place, Object from) {
    move(place, from, array(place), false);
  }

  private void move(int place, Object from, Object to, boolean in) {
    int start = start(place) + column;
    int stride = stride(place);
    int[] table = table(place);
    if (table == null && (stride == columns || rows == 1)) {
      int at = start + row * stride;
      System.arraycopy(from, in ? at : 0, to, in ? 0 : at, rows * columns);
      return;
    }
    for (int r = 0; r < rows; r++) {
      int at = start + distance(row + r, stride, table);
      int own = r * columns;
      if (columns < COPIED) {
        moveFew(from, in ? at : own, to, in ? own : at);
      } else {
        System.arraycopy(from, in ? at : own, to, in ? own : at, columns);
      }
    }
  }

  private void moveFew(Object from, int at, Object to, int start) {
    if (from instanceof float[] x) {
      float[] y = (float[]) to;
      for (int c = 0; c < columns; c++) {
        y[start + c] = x[at + c];
      }
    } else if (from instanceof double[] x) {
      double[] y = (double[]) to;
      for (int c = 0; c < columns; c++) {
        y[start + c] = x[at + c];
      }
    } else {
      System.arraycopy(from, at, to, start, columns);
    }
  }

  /// Reads what an operand has once per row.
  void readRows(int place, Object to) {
    Object from = array(place);
    int start = start(place);
    int stride = stride(place);
    int[] table = table(place);
    for (int r = 0; r < rows; r++) {
      copy(from, start + distance(row + r, stride, table), to, r);
    }
  }

  /// Writes what a result has once per row.
  void writeRows(int place, Object from) {
    Object to = array(place);
    int start = start(place);
    int stride = stride(place);
    int[] table = table(place);
    for (int r = 0; r < rows; r++) {
      copy(from, r, to, start + distance(row + r, stride, table));
    }
  }

  private static void copy(Object from, int at, Object to, int start) {
    if (from instanceof float[] x) {
      ((float[]) to)[start] = x[at];
    } else if (from instanceof double[] x) {
      ((double[]) to)[start] = x[at];
    } else {
      ((boolean[]) to)[start] = ((boolean[]) from)[at];
    }
  }

  /// Fills a register of numbers as far as the block's elements and rows reach.
  void fill(int register, double number) {
    int size = Math.max(size(true), size(false));
    if (numbers[register] instanceof float[] x) {
      Arrays.fill(x, 0, size, (float) number);
    } else {
      Arrays.fill((double[]) numbers[register], 0, size, number);
    }
  }

  /// Repeats what exists once per row along the row.
  void spread(Object perRow, Object to) {
    for (int r = 0; r < rows; r++) {
      int from = r * columns;
      if (perRow instanceof float[] x) {
        Arrays.fill((float[]) to, from, from + columns, x[r]);
      } else if (perRow instanceof double[] x) {
        Arrays.fill((double[]) to, from, from + columns, x[r]);
      } else {
        Arrays.fill((boolean[]) to, from, from + columns, ((boolean[]) perRow)[r]);
      }
    }
  }

  /// Writes the number that a group of rows has come to.
  void writeNumber(int place, double number, int group) {
    int at = start(place, group);
    if (array(place) instanceof float[] y) {
      y[at] = (float) number;
    } else {
      ((double[]) array(place))[at] = number;
    }
  }

  /// Writes the totals of a group of rows.
  void writeTotals(int place, double[] from, int group) {
    int at = start(place, group) + column;
    if (array(place) instanceof float[] y) {
      for (int c = 0; c < columns; c++) {
        y[at + c] = (float) from[c];
      }
    } else {
      System.arraycopy(from, 0, array(place), at, columns);
    }
  }
}
