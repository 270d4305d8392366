package nestor.opencl;

/// The arrays of a run.
///
/// @param arrays per slot
/// @param offsets per slot, where its first element is
record Frame(Buffer[] arrays, int[] offsets) {}
