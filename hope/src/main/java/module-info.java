/// Associative memories and HOPE models.
module nestor.hope {
  requires transitive nestor.cms;

  exports nestor.hope;

  opens nestor.hope to
      nestor.autodiff;
}
