package nestor.opencl.source;

/// How work is laid out for a device.
public enum Style {
  /// Few work items, each of which goes through rows by vectors of 16 numbers: for processors.
  LANES,
  /// A work item for each element, and a group of them for each row that is reduced: for graphics
  /// processors.
  THREADS
}
