/// Optimizers as records whose steps can be differentiated.
module nestor.meta {
  requires transitive nestor.autodiff;

  exports nestor.meta;

  opens nestor.meta to
      nestor.autodiff;
}
