package nestor.bench;

import java.util.List;
import java.util.Map;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.train.Mode;

/// Work that is timed at several sizes, the same as that of the program with its name in `peers/`.
public interface Workload {
  /// The name on the command line.
  String name();

  /// The sizes.
  List<Case> cases();

  /// Figures of a small instance, under the names by which PyTorch's are on record.
  Map<String, Tensor> small(Mode mode, DType dtype);

  /// Holds the small instance to PyTorch's figures.
  default void requireRight(Mode mode) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      Deviation deviation = Expected.deviation(this, mode, dtype);
      if (!deviation.passes()) {
        throw new WrongResult(name(), deviation);
      }
    }
  }
}
