package nestor.autodiff;

import org.jspecify.annotations.Nullable;

/// The way to a node of a tree, spelled out only where somebody asks.
///
/// @param parent the way to the node above, null at the root
/// @param name the component's name, position or key, null at the root
record TreePath(@Nullable TreePath parent, @Nullable Object name) {
  static final TreePath ROOT = new TreePath(null, null);

  TreePath then(Object next) {
    return new TreePath(this, next);
  }

  /// The names joined by dots; empty at the root.
  @Override
  public String toString() {
    if (parent == null) {
      return "";
    }
    return parent.parent == null ? String.valueOf(name) : parent + "." + name;
  }
}
