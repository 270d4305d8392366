package nestor.opencl;

import java.util.List;
import nestor.opencl.source.Source;

/// A kernel of a plan. It is made with what it needs at hand, and asks for its programs before the
/// first run, so that those of a whole plan are built together.
interface Launch {
  /// The kernels that it runs.
  List<Source> sources();

  /// Enqueues it on the arrays of a frame. The session's monitor is held.
  void enqueue(Frame frame);

  /// How many commands a run enqueues.
  int commands();
}
