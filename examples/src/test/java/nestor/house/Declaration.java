package nestor.house;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.Name;

/// A type, a method, a constructor or a field, where it stands.
///
/// @param file the source
/// @param path the way to it
record Declaration(Sources.File file, TreePath path) {
  /// All declarations of all sources, but for anonymous and local classes and what is in them.
  static List<Declaration> in(Sources sources) {
    List<Declaration> found = new ArrayList<>();
    for (Sources.File file : sources.files()) {
      new TreePathScanner<Void, Void>() {
        @Override
        public Void visitClass(ClassTree type, Void nothing) {
          add();
          return super.visitClass(type, null);
        }

        @Override
        public Void visitMethod(MethodTree method, Void nothing) {
          add();
          return null;
        }

        @Override
        public Void visitVariable(VariableTree field, Void nothing) {
          add();
          return null;
        }

        private void add() {
          found.add(new Declaration(file, getCurrentPath()));
        }
      }.scan(file.unit(), null);
    }
    return found;
  }

  Tree tree() {
    return path.getLeaf();
  }

  Name name() {
    return switch (tree()) {
      case ClassTree type -> type.getSimpleName();
      case MethodTree method -> method.getName();
      case VariableTree field -> field.getName();
      default -> throw new AssertionError(tree());
    };
  }

  boolean is(Modifier modifier) {
    return modifiers(tree()).getFlags().contains(modifier);
  }

  /// Whether users of the module see it and its author chose its form: not what overrides, nor what
  /// the header of a record says already.
  boolean isApi() {
    return file.isMain() && file.exported() && isVisible(path) && !isGivenElsewhere();
  }

  private static boolean isVisible(TreePath path) {
    if (!(path.getParentPath().getLeaf() instanceof ClassTree owner)) {
      return isOpen(path.getLeaf());
    }
    boolean implied =
        owner.getKind() == Tree.Kind.INTERFACE || owner.getKind() == Tree.Kind.ANNOTATION_TYPE;
    boolean hidden = modifiers(path.getLeaf()).getFlags().contains(Modifier.PRIVATE);
    return (implied ? !hidden : isOpen(path.getLeaf())) && isVisible(path.getParentPath());
  }

  private static boolean isOpen(Tree tree) {
    Set<Modifier> flags = modifiers(tree).getFlags();
    return flags.contains(Modifier.PUBLIC) || flags.contains(Modifier.PROTECTED);
  }

  private boolean isGivenElsewhere() {
    if (!(tree() instanceof MethodTree method)) {
      return false;
    }
    boolean overrides =
        method.getModifiers().getAnnotations().stream()
            .anyMatch(one -> one.getAnnotationType().toString().equals("Override"));
    return overrides || isOfHeader(method);
  }

  /// Whether it is the canonical constructor or an accessor of a record.
  private boolean isOfHeader(MethodTree method) {
    if (!(path.getParentPath().getLeaf() instanceof ClassTree owner)
        || owner.getKind() != Tree.Kind.RECORD) {
      return false;
    }
    List<Name> components =
        owner.getMembers().stream()
            .filter(VariableTree.class::isInstance)
            .map(VariableTree.class::cast)
            .filter(field -> !field.getModifiers().getFlags().contains(Modifier.STATIC))
            .map(VariableTree::getName)
            .toList();
    List<Name> parameters = method.getParameters().stream().map(VariableTree::getName).toList();
    return method.getName().contentEquals("<init>")
        ? parameters.isEmpty() || parameters.equals(components) // empty: the compact form
        : parameters.isEmpty() && components.contains(method.getName());
  }

  private static ModifiersTree modifiers(Tree tree) {
    return switch (tree) {
      case ClassTree type -> type.getModifiers();
      case MethodTree method -> method.getModifiers();
      case VariableTree field -> field.getModifiers();
      default -> throw new AssertionError(tree);
    };
  }
}
