package nestor.autodiff.plan;

/// A value as it is read.
///
/// @param value its number
/// @param view how it is read
record Ref(int value, View view) {}
