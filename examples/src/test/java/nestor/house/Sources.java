package nestor.house;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExportsTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.tools.ToolProvider;

/// All Java sources of all modules, parsed: the modules are the folders beside this one that have a
/// `src/main/java`.
///
/// @param files what was parsed
/// @param trees where to find comments and lines
record Sources(List<File> files, DocTrees trees) {
  static final Path HOME = Path.of("").toAbsolutePath().getParent();

  /// One source.
  ///
  /// @param path its path from the repository's root
  /// @param unit its syntax
  /// @param exported whether its module exports its package to all
  record File(Path path, CompilationUnitTree unit, boolean exported) {
    /// Whether it is a part of the product, as opposed to a test or a script.
    boolean isMain() {
      return path.toString().contains("src/main/java");
    }

    /// The place of a tree, to be shown to whoever reads the failure.
    String at(Tree tree, DocTrees trees) {
      long start = trees.getSourcePositions().getStartPosition(unit, tree);
      return path + ":" + unit.getLineMap().getLineNumber(start);
    }
  }

  static List<Path> modules() {
    try (Stream<Path> folders = Files.list(HOME)) {
      return folders
          .filter(folder -> Files.isDirectory(folder.resolve("src/main/java")))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Sources parsed() throws IOException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      List<Path> paths = modules().stream().flatMap(Sources::javaFiles).toList();
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  manager,
                  null,
                  List.of("--release", "25", "-proc:none"),
                  null,
                  manager.getJavaFileObjectsFromPaths(paths));
      List<CompilationUnitTree> units =
          StreamSupport.stream(task.parse().spliterator(), false)
              .map(CompilationUnitTree.class::cast)
              .toList();
      Set<String> exports =
          units.stream().flatMap(Sources::exports).collect(Collectors.toUnmodifiableSet());
      List<File> files =
          units.stream()
              .map(unit -> new File(path(unit), unit, exports.contains(packageOf(unit))))
              .toList();
      return new Sources(files, DocTrees.instance(task));
    }
  }

  private static Stream<Path> javaFiles(Path module) {
    try (Stream<Path> inside = Files.walk(module)) {
      return inside
          .filter(path -> path.toString().endsWith(".java"))
          .filter(path -> !module.relativize(path).startsWith("target"))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path path(CompilationUnitTree unit) {
    return HOME.relativize(Path.of(unit.getSourceFile().toUri()));
  }

  private static String packageOf(CompilationUnitTree unit) {
    return unit.getPackageName() == null ? "" : unit.getPackageName().toString();
  }

  private static Stream<String> exports(CompilationUnitTree unit) {
    return unit.getModule() == null
        ? Stream.empty()
        : unit.getModule().getDirectives().stream()
            .filter(ExportsTree.class::isInstance)
            .map(ExportsTree.class::cast)
            .filter(directive -> directive.getModuleNames() == null)
            .map(directive -> directive.getPackageName().toString());
  }
}
