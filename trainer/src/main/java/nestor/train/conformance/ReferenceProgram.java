package nestor.train.conformance;

import java.util.List;
import nestor.autodiff.Backend;
import nestor.train.Mode;

/// A whole program whose trace is a file of reference cases; found by [java.util.ServiceLoader].
public interface ReferenceProgram {
  /// Whether the file holds a trace of this program.
  boolean accepts(ReferenceFile file);

  /// What was compared in one case.
  ///
  /// @param name the case, such as `final parameters`
  /// @param deviations everything compared; the case passes when all are within the tolerance
  record Case(String name, List<Deviation> deviations) {}

  /// Runs the program again and compares it with the trace, in float64.
  ///
  /// @param backend what its tensors run on
  /// @param mode how its steps run
  List<Case> check(ReferenceFile file, Backend backend, Mode mode);
}
