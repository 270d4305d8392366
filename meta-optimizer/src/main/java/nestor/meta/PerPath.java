package nestor.meta;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import nestor.autodiff.PathPattern;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;

/// Optimizers for parts of the parameters, told apart by their paths; of several rules that cover a
/// parameter the first one counts.
///
/// ```java
/// PerPath optimizer =
///     PerPath.of("blocks.*.weight", Muon.withRate(0.02)).otherwise("**", AdamW.withRate(1e-3));
/// var now = optimizer.start(params);
/// ```
///
/// A rate that follows a schedule, or a limit on the gradients of one part, belongs into its rule:
/// an [Scheduled] or [Clipped] optimizer. A limit on the whole gradient goes around the `PerPath`.
///
/// @param rules in the order in which they are asked
public record PerPath(List<Rule> rules) implements Optimizer {
  /// An optimizer for the parameters with some paths.
  ///
  /// @param pattern the paths
  /// @param optimizer what trains them
  public record Rule(PathPattern pattern, Optimizer optimizer) {}

  /// At least one rule.
  public PerPath {
    if (rules.isEmpty()) {
      throw new IllegalArgumentException("there is no rule and so no optimizer");
    }
    rules = List.copyOf(rules);
  }

  /// A first rule.
  public static PerPath of(String pattern, Optimizer optimizer) {
    return new PerPath(List.of(rule(pattern, optimizer)));
  }

  /// These rules and a further one, for what they do not cover.
  public PerPath otherwise(String pattern, Optimizer optimizer) {
    return new PerPath(Stream.concat(rules.stream(), Stream.of(rule(pattern, optimizer))).toList());
  }

  private static Rule rule(String pattern, Optimizer optimizer) {
    return new Rule(new PathPattern(pattern), optimizer);
  }

  /// Parameters in training.
  ///
  /// @param byRule the state of each rule's optimizer, which trains the list of its parameters
  /// @param shares for each rule the positions of its parameters in the order of [Tree#leaves]
  /// @param like a tree like the parameters, all of whose leaves are a 0 that is not used
  public record State<T>(
      List<Optimizer.State<List<Tensor>>> byRule, List<List<Integer>> shares, T like)
      implements Optimizer.State<T> {
    @Override
    public T params() {
      List<Tensor> leaves = new ArrayList<>(Tree.leaves(like));
      for (int rule = 0; rule < shares.size(); rule++) {
        List<Tensor> own = byRule.get(rule).params();
        for (int i = 0; i < own.size(); i++) {
          leaves.set(shares.get(rule).get(i), own.get(i));
        }
      }
      return Tree.withLeaves(like, leaves);
    }
  }

  /// The state before the first gradient.
  ///
  /// @throws IllegalArgumentException where no rule covers a leaf, or a rule is left without one
  @Override
  public <T> State<T> start(T params) {
    List<List<Integer>> shares = shares(Tree.paths(params));
    List<Optimizer.State<List<Tensor>>> byRule = new ArrayList<>();
    for (int rule = 0; rule < rules.size(); rule++) {
      byRule.add(rules.get(rule).optimizer().start(pick(params, shares.get(rule))));
    }
    T like = Tree.map(params, leaf -> leaf.constant(0));
    return new State<>(List.copyOf(byRule), shares, like);
  }

  @Override
  public <T> State<T> next(Optimizer.State<T> before, T gradient) {
    State<T> now = (State<T>) before;
    List<Optimizer.State<List<Tensor>>> byRule = new ArrayList<>();
    for (int rule = 0; rule < rules.size(); rule++) {
      List<Tensor> own = pick(gradient, now.shares().get(rule));
      byRule.add(rules.get(rule).optimizer().next(now.byRule().get(rule), own));
    }
    return new State<>(List.copyOf(byRule), now.shares(), now.like());
  }

  private static List<Tensor> pick(Object tree, List<Integer> positions) {
    List<Tensor> leaves = Tree.leaves(tree);
    return positions.stream().map(leaves::get).toList();
  }

  private List<List<Integer>> shares(List<String> paths) {
    List<List<Integer>> shares = new ArrayList<>();
    rules.forEach(rule -> shares.add(new ArrayList<>()));
    for (int leaf = 0; leaf < paths.size(); leaf++) {
      shares.get(first(paths.get(leaf))).add(leaf);
    }
    for (int rule = 0; rule < rules.size(); rule++) {
      if (shares.get(rule).isEmpty()) {
        PathPattern pattern = rules.get(rule).pattern();
        throw new IllegalArgumentException(
            paths.stream().noneMatch(pattern::covers)
                ? "the rule '%s' covers no parameter; the parameters are %s"
                    .formatted(pattern, paths)
                : "earlier rules cover all parameters of the rule '%s'; move it up or leave it out"
                    .formatted(pattern));
      }
    }
    return shares.stream().map(List::copyOf).toList();
  }

  private int first(String path) {
    for (int rule = 0; rule < rules.size(); rule++) {
      if (rules.get(rule).pattern().covers(path)) {
        return rule;
      }
    }
    throw new IllegalArgumentException(
        "no rule covers the parameter '%s'; the rules are for %s"
            .formatted(path, rules.stream().map(Rule::pattern).toList()));
  }
}
