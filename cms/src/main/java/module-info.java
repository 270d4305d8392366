import org.jspecify.annotations.NullMarked;

/// The continuum memory system.
@NullMarked
module nestor.cms {
  requires static org.jspecify;
  requires transitive nestor.meta;

  exports nestor.cms;

  opens nestor.cms to
      nestor.autodiff;
}
