/// The continuum memory system.
module nestor.cms {
  requires transitive nestor.meta;

  exports nestor.cms;

  opens nestor.cms to
      nestor.autodiff;
}
