import org.jspecify.annotations.NullMarked;

/// Optimizers as records whose steps can be differentiated.
@NullMarked
module nestor.meta {
  requires static org.jspecify;
  requires transitive nestor.autodiff;

  exports nestor.meta;

  opens nestor.meta to
      nestor.autodiff;
}
