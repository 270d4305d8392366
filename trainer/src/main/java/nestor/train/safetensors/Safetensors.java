package nestor.train.safetensors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nestor.autodiff.Shape;
import nestor.autodiff.Tensor;

/// Tensors by name in files of the safetensors format.
///
/// Reading is strict: a file whose header claims more than the file holds, leaves bytes out, uses
/// them twice, or says anything the format does not know is a [MalformedFile], found before
/// anything is allocated for it. The element types are `F64`, `F32`, `I64`, `I32` and `BOOL`.
public final class Safetensors {
  private Safetensors() {}

  /// All tensors of a file, in the order of its header.
  public static Map<String, Tensor> read(Path file) {
    try (SafetensorsReader reader = new SafetensorsReader(file)) {
      List<Entry> entries = reader.header().entries();
      List<Shape> shapes = new ArrayList<>(); // all of them are checked before anything is read
      entries.forEach(entry -> shapes.add(shape(file, entry)));
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (int i = 0; i < entries.size(); i++) {
        Entry entry = entries.get(i);
        tensors.put(entry.name(), tensor(entry.encoding(), shapes.get(i), reader.read(entry)));
      }
      return tensors;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /// The free texts of a file, empty where it has none.
  public static Map<String, String> metadata(Path file) {
    try (SafetensorsReader reader = new SafetensorsReader(file)) {
      return reader.header().metadata();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /// Writes tensors in the map's order. The file appears whole or not at all.
  public static void write(Path file, Map<String, Tensor> tensors) {
    write(file, tensors, Map.of());
  }

  /// Writes tensors in the map's order, and free texts. The file appears whole or not at all.
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    Map<String, Stored> stored = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> stored.put(name, stored(tensor)));
    try {
      SafetensorsWriter.write(file, stored, metadata);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write %s: %s".formatted(file, reason(e)), e);
    }
  }

  private static UncheckedIOException unreadable(Path file, IOException e) {
    return new UncheckedIOException("cannot read %s: %s".formatted(file, reason(e)), e);
  }

  private static String reason(IOException e) {
    return e instanceof NoSuchFileException
        ? "there is no such file or folder"
        : String.valueOf(e.getMessage());
  }

  private static Shape shape(Path file, Entry entry) {
    int[] dims = new int[entry.shape().size()];
    long product = 1; // that of the first axes can be large where a later one is 0
    for (int i = 0; i < dims.length; i++) {
      long dim = entry.shape().get(i);
      product = dim > Integer.MAX_VALUE ? Long.MAX_VALUE : product * dim;
      if (product > Integer.MAX_VALUE) {
        throw new MalformedFile(
            file,
            "the shape " + entry.shape() + " is larger than a tensor can be",
            "tensor '" + entry.name() + "'");
      }
      dims[i] = (int) dim;
    }
    return Shape.of(dims);
  }

  private static Tensor tensor(Encoding encoding, Shape shape, Object values) {
    return switch (encoding) {
      case F64 -> Tensor.of(shape, (double[]) values);
      case F32 -> Tensor.of(shape, (float[]) values);
      case I64 -> Tensor.of(shape, (long[]) values);
      case I32 -> Tensor.of(shape, (int[]) values);
      case BOOL -> Tensor.of(shape, (boolean[]) values);
    };
  }

  private static Stored stored(Tensor tensor) {
    List<Long> shape = new ArrayList<>();
    Arrays.stream(tensor.shape().toArray()).forEach(dim -> shape.add((long) dim));
    return switch (tensor.dtype()) {
      case FLOAT64 -> new Stored(Encoding.F64, shape, tensor.toDoubles());
      case FLOAT32 -> new Stored(Encoding.F32, shape, tensor.toFloats());
      case INT64 -> new Stored(Encoding.I64, shape, tensor.toLongs());
      case INT32 -> new Stored(Encoding.I32, shape, tensor.toInts());
      case BOOL -> new Stored(Encoding.BOOL, shape, tensor.toBooleans());
    };
  }
}
