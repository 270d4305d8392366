package nestor.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.PrimitiveTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import javax.lang.model.type.TypeKind;
import nestor.examples.original.SeedTrace;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The rules of this house that no compiler knows, over every module beside this one.
class HouseRulesTest {
  private static final int LINES = 500;
  private static final Pattern VAGUE_NAMES =
      Pattern.compile("(Abstract|Base)\\p{Lu}.*|.*(Manager|Helper|Utils?|Factory|Impl|Context)");

  private static Sources sources;
  private static JavaClasses classes;

  @BeforeAll
  static void read() throws IOException, URISyntaxException {
    sources = Sources.parsed();
    Path module = Path.of("").toAbsolutePath();
    Path own = Path.of(SeedTrace.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<Path> compiled =
        Sources.modules().stream()
            .map(folder -> folder.resolve(module.relativize(own)))
            .filter(Files::isDirectory) // modules behind this one are not compiled yet
            .toList();
    classes = new ClassFileImporter().importPaths(compiled);
    assertTrue(sources.files().size() > 150 && classes.size() > 150, "where are the sources?");
  }

  @Test
  void packagesHaveNoCycles() {
    slices()
        .matching("(nestor..)")
        .should()
        .beFreeOfCycles()
        .because("a package is understood without those above it: move what both need below both")
        .check(classes);
  }

  @Test
  void modelsKnowNoBackend() {
    noClasses()
        .that()
        .resideInAnyPackage("nestor.meta..", "nestor.cms..", "nestor.hope..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "nestor.autodiff.cpu..", "nestor.autodiff.reference..", "nestor.opencl..")
        .because("models run on every backend: use the operators of nestor.autodiff")
        .check(classes);
  }

  @Test
  void theTrainerKnowsNoModel() {
    noClasses()
        .that()
        .resideInAPackage("nestor.train..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("nestor.cms..", "nestor.hope..", "nestor.examples..")
        .because("models are trained through Experiment, which they provide")
        .check(classes);
  }

  @Test
  void filesAreShort() throws IOException {
    List<String> faults = new ArrayList<>();
    for (Sources.File file : sources.files()) {
      int lines = Files.readAllLines(Sources.HOME.resolve(file.path())).size();
      if (lines > LINES) {
        faults.add("%s: %d lines: split it, %d is the most".formatted(file.path(), lines, LINES));
      }
    }
    none(faults);
  }

  @Test
  void namesSayWhatAThingIs() {
    none(
        "name it by what it is",
        one -> one.tree() instanceof ClassTree && VAGUE_NAMES.matcher(one.name()).matches());
  }

  @Test
  void classesAreFinal() {
    none(
        "make the class final or sealed, or an interface",
        one ->
            one.file().isMain()
                && one.tree() instanceof ClassTree type
                && type.getKind() == Tree.Kind.CLASS
                && !isExtendedByJmh(type)
                && !one.is(Modifier.FINAL)
                && !one.is(Modifier.SEALED));
  }

  @Test
  void staticsAreConstants() {
    none(
        "make the static final, or pass it as an argument",
        one ->
            one.file().isMain()
                && one.tree() instanceof VariableTree
                && one.is(Modifier.STATIC)
                && !one.is(Modifier.FINAL));
  }

  @Test
  void publicMethodsTakeNoFlags() {
    none(
        "make it two methods instead of one with a boolean, or take an enum",
        one ->
            one.isApi()
                && one.tree() instanceof MethodTree method
                && method.getParameters().stream().anyMatch(HouseRulesTest::isFlag));
  }

  @Test
  void whatIsPublicIsDocumented() {
    none(
        "say in a /// comment what it is",
        one -> one.isApi() && sources.trees().getDocComment(one.path()) == null);
  }

  private static boolean isExtendedByJmh(ClassTree type) {
    return type.getModifiers().getAnnotations().stream()
        .anyMatch(one -> one.getAnnotationType().toString().equals("State"));
  }

  private static boolean isFlag(VariableTree parameter) {
    return parameter.getType() instanceof PrimitiveTypeTree type
        && type.getPrimitiveTypeKind() == TypeKind.BOOLEAN;
  }

  /// Demands that no declaration has this fault, and says of each that does how to mend it.
  private static void none(String mending, Predicate<Declaration> fault) {
    none(
        Declaration.in(sources).stream()
            .filter(fault)
            .map(one ->
                "%s: %s: %s"
                    .formatted(one.file().at(one.tree(), sources.trees()), one.name(), mending))
            .toList());
  }

  private static void none(List<String> faults) {
    if (!faults.isEmpty()) {
      fail("\n" + String.join("\n", faults));
    }
  }
}
