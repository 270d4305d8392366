package nestor.autodiff;

/// Two trees as one.
record Pair<A, B>(A first, B second) {}
