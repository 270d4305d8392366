import org.jspecify.annotations.NullMarked;

/// Associative memories and HOPE models.
@NullMarked
module nestor.hope {
  requires static org.jspecify;
  requires transitive nestor.cms;

  exports nestor.hope;
  exports nestor.hope.rule;

  opens nestor.hope to
      nestor.autodiff;
  opens nestor.hope.rule to
      nestor.autodiff;
}
