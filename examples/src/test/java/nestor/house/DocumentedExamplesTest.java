package nestor.house;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.source.tree.ClassTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import nestor.autodiff.Tensor;
import nestor.cms.Block;
import nestor.cms.Cms;
import nestor.cms.NestedCms;
import nestor.cms.OnlineCms;
import nestor.hope.SequenceLayer;
import nestor.hope.rule.FastMemory;
import nestor.laws.Tally;
import nestor.meta.DeltaGradientDescent;
import nestor.meta.GradientMemory;
import nestor.meta.MetaOptimizer;
import nestor.meta.Optimizer;
import nestor.meta.Schedule;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Every mechanism has an example in its documentation, and every example compiles.
class DocumentedExamplesTest {
  private static final List<String> MODULES = List.of("meta-optimizer", "cms", "hope");

  /// What has an example, beside rules of sequence memories, which are told by their names, and
  /// whatever cites an equation.
  private static final List<Class<?>> MECHANISMS =
      List.of(
          Optimizer.class,
          Schedule.class,
          MetaOptimizer.class,
          DeltaGradientDescent.class,
          GradientMemory.class,
          Cms.class,
          Block.class,
          OnlineCms.class,
          NestedCms.class,
          SequenceLayer.class,
          FastMemory.class);

  private static final Pattern CITES = Pattern.compile("\\b(equations?|algorithm)\\s+\\d");
  private static final Pattern EXAMPLE = Pattern.compile("(?s)```java\n(.*?)```");

  private static final String IMPORTS =
      "import java.util.*; import java.util.function.*; import module nestor.hope; "
          + "import static nestor.autodiff.DType.*; import static nestor.autodiff.Transform.*; "
          + "import static nestor.cms.OnlineLevel.*;";

  /// All that an example may use without declaring it. Keep it short: what only one example needs
  /// stands in that example.
  private static final String PREAMBLE =
      """
      abstract class Preamble {
        /// Someone's model.
        record Net(Linear slow, Linear fast) {
          Tensor error(Batch batch) { return recall(batch.x()).minus(batch.y()).square().mean(); }
          Tensor recall(Tensor x) { return slow.apply(fast.apply(x)); }
        }
        record Batch(Tensor x, Tensor y) {}

        Key key;
        Net params, gradient;
        List<Batch> batches;
        Batch batch;
        abstract Tensor loss(Net params, Batch batch);
        abstract Tensor loss(Tensor y);

        int samples, width;
        Tensor x, target, next; // tokens, what they should become, the tokens that follow
        Tensor w, z, q, k, v;
        Tensor u; // a normed gradient
        Tensor alpha, beta, theta, eta; // gates
      }
      """;

  private static final Tally TALLY = new Tally("examples of the documentation, compiled");

  private static Sources sources;

  @BeforeAll
  static void read() throws IOException {
    sources = Sources.parsed();
  }

  @AfterAll
  static void report() {
    TALLY.report();
  }

  @Test
  void examplesCompile() throws IOException, URISyntaxException {
    List<Example> examples =
        sources.files().stream()
            .filter(DocumentedExamplesTest::isOurs)
            .flatMap(file -> Example.in(file.path()).stream())
            .toList();
    assertTrue(examples.size() > 50, "where are the examples?");
    var preamble =
        SimpleJavaFileObject.forSource(
            URI.create("example:///Preamble.java"), IMPORTS + "\n" + PREAMBLE);
    Map<URI, Example> places = new LinkedHashMap<>();
    List<JavaFileObject> units = new ArrayList<>(List.of(preamble));
    for (Example example : examples) {
      JavaFileObject unit = example.asSource("Example" + units.size(), IMPORTS, "Preamble");
      units.add(unit);
      places.put(unit.toUri(), example);
    }
    none(compiled(units).stream().map(fault -> shown(fault, places)).toList());
    TALLY.checks().addAndGet(examples.size());
  }

  @Test
  void mechanismsHaveExamples() throws ClassNotFoundException {
    List<String> faults = new ArrayList<>();
    int mechanisms = 0;
    for (Declaration one : Declaration.in(sources)) {
      if (isOurs(one.file()) && one.isApi() && isMechanism(one)) {
        mechanisms++;
        if (!hasExample(one)) {
          faults.add(
              "%s: %s: show in a ```java block of its documentation how it is used"
                  .formatted(one.file().at(one.tree(), sources.trees()), one.name()));
        }
      }
    }
    assertTrue(mechanisms > 60, "where are the mechanisms?");
    none(faults);
  }

  private static boolean isOurs(Sources.File file) {
    return file.isMain() && MODULES.contains(file.path().getName(0).toString());
  }

  private static boolean isMechanism(Declaration one) throws ClassNotFoundException {
    if (!(one.tree() instanceof ClassTree)) {
      return false;
    }
    Class<?> type = Class.forName(binaryName(one.path()), false, Tensor.class.getClassLoader());
    if (type.getEnclosingClass() == Schedule.class) {
      return false; // its records share its example
    }
    boolean isRule =
        type.getPackageName().equals(FastMemory.class.getPackageName())
            && type.getSimpleName().endsWith("Rule");
    return isRule
        || MECHANISMS.stream().anyMatch(kind -> kind.isAssignableFrom(type))
        || CITES.matcher(comment(one.path())).find();
  }

  private static String binaryName(TreePath path) {
    String name = ((ClassTree) path.getLeaf()).getSimpleName().toString();
    return path.getParentPath().getLeaf() instanceof ClassTree
        ? binaryName(path.getParentPath()) + "$" + name
        : path.getCompilationUnit().getPackageName() + "." + name;
  }

  /// Whether it has one of its own, or is used by name in that of a type around it.
  private static boolean hasExample(Declaration type) {
    Pattern name = Pattern.compile("\\b" + type.name() + "\\b");
    boolean own = EXAMPLE.matcher(comment(type.path())).find();
    return own
        || Stream.iterate(
                type.path().getParentPath(),
                path -> path.getLeaf() instanceof ClassTree,
                TreePath::getParentPath)
            .flatMap(path -> EXAMPLE.matcher(comment(path)).results())
            .map(MatchResult::group)
            .anyMatch(example -> name.matcher(example).find());
  }

  private static String comment(TreePath type) {
    String comment = sources.trees().getDocComment(type);
    return comment == null ? "" : comment;
  }

  /// What the compiler has to say of these sources.
  private static List<Diagnostic<? extends JavaFileObject>> compiled(List<JavaFileObject> units)
      throws IOException, URISyntaxException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    var found = new DiagnosticCollector<JavaFileObject>();
    try (var manager = compiler.getStandardFileManager(found, null, null)) {
      List<String> options =
          List.of(
              "--module-path",
              modules(),
              "--add-modules",
              "nestor.hope",
              "-proc:none",
              "-Xlint:all,-incubating");
      var task = (JavacTask) compiler.getTask(null, manager, found, options, null, units);
      task.analyze();
    }
    return found.getDiagnostics();
  }

  /// Where the modules are that the examples use, folders or archives.
  private static String modules() throws URISyntaxException {
    List<String> paths = new ArrayList<>();
    for (var member : List.of(Tensor.class, Optimizer.class, Cms.class, SequenceLayer.class)) {
      URI place = member.getProtectionDomain().getCodeSource().getLocation().toURI();
      paths.add(Path.of(place).toString());
    }
    return String.join(File.pathSeparator, paths);
  }

  private static String shown(
      Diagnostic<? extends JavaFileObject> fault, Map<URI, Example> places) {
    Example example = fault.getSource() == null ? null : places.get(fault.getSource().toUri());
    String place =
        example == null
            ? "the preamble, line " + (fault.getLineNumber() - 1)
            : example.path() + ":" + (example.line() + fault.getLineNumber() - 2);
    return place + ": " + fault.getMessage(null).lines().collect(Collectors.joining(" "));
  }

  private static void none(List<String> faults) {
    if (!faults.isEmpty()) {
      fail("\n" + String.join("\n", faults));
    }
  }
}
