package nestor.autodiff;

/// One repetition of a computation whose results were deliberately not kept, as by a [Checkpoint].
///
/// What is recorded during one keeps apart, as a region of its own, from the same computation
/// elsewhere: whoever shared common subexpressions between the two would keep what was not to be
/// kept. Repetitions differ by identity.
final class Recomputation {
  /// The repetition that runs, if one does.
  static final ScopedValue<Recomputation> RUNNING = ScopedValue.newInstance();
}
