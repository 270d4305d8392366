package nestor.cms;

import static nestor.autodiff.Transform.cond;
import static nestor.autodiff.Transform.scan;
import static nestor.autodiff.Transform.valueAndGradWithAux;
import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import nestor.autodiff.Keep;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Scanned;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Transform.WithAux;
import nestor.autodiff.Tree;
import nestor.meta.Optimizer;

/// The recursion of [NestedCms]: a chunk of a level is a function of the level's weights, in which
/// the chunks of the level below run.
///
/// @param holdings who holds what, by period
/// @param objective of one token
/// @param keep what the loops keep for the backward pass
record NestedRun(Holdings holdings, BinaryOperator<Tensor> objective, Keep keep) {
  /// Tokens `[samples, time, …]`; those that are present come first.
  record Chunk(Tensor x, Tensor target, Tensor present) {
    /// Whether there is a token at all.
    Tensor begun() {
      return present.get(0);
    }

    /// Whether all tokens are there.
    Tensor complete() {
      return present.get(present.shape().dim(0) - 1);
    }
  }

  /// What a chunk leaves.
  ///
  /// @param levels the states of the levels that ran
  /// @param y `[samples, time, width]`
  /// @param loss the sum of the objective over the tokens of all samples
  record Ran(List<Optimizer.State<List<Block>>> levels, Tensor y, Tensor loss) {}

  private record Part(Tensor y, Tensor loss) {}

  private record Sample(List<Block> blocks, Tensor x, Tensor target) {}

  /// Runs a chunk of a level, all levels below and what they write, and then writes the level if
  /// the chunk is complete.
  ///
  /// @param levels the states of the levels up to this one
  /// @param above what the levels above hold, the next one first
  Ran run(
      int level, List<Optimizer.State<List<Block>>> levels, List<List<Block>> above, Chunk chunk) {
    List<Block> origin =
        holdings.inner() == InnerLevels.RESET && !above.isEmpty()
            ? above.getFirst()
            : holdings.initialBlocks();
    Optimizer.State<List<Block>> own = levels.getLast();
    var out =
        valueAndGradWithAux(
            (List<Block> weights) -> {
              List<List<Block>> all = new ArrayList<>(List.of(weights));
              all.addAll(above);
              Ran ran = level == 0 ? read(all, chunk) : below(level, levels, all, chunk);
              return new WithAux<>(ran.loss, ran);
            },
            holdings.through(level, holdings.held(origin, level), own.params()));
    List<Optimizer.State<List<Block>>> after = new ArrayList<>(out.aux().levels);
    after.add(own);
    return new Ran(
        cond(
            chunk.complete(),
            now -> written(level, now, out.gradient()),
            now -> now,
            List.copyOf(after)),
        out.aux().y,
        out.value());
  }

  /// The levels after a write of the last of them.
  private List<Optimizer.State<List<Block>>> written(
      int level, List<Optimizer.State<List<Block>>> now, List<Block> gradient) {
    Optimizer.State<List<Block>> own = holdings.by(level).next(now.getLast(), gradient);
    List<Optimizer.State<List<Block>>> after =
        new ArrayList<>(
            switch (holdings.inner()) {
              case KEPT -> now.subList(0, level);
              case RESET -> holdings.started(own.params(), level);
            });
    after.add(own);
    return List.copyOf(after);
  }

  /// Runs the chunks of the next level below.
  ///
  /// @param all what this level and those above hold
  private Ran below(
      int level, List<Optimizer.State<List<Block>>> levels, List<List<Block>> all, Chunk chunk) {
    List<Optimizer.State<List<Block>>> before = List.copyOf(levels.subList(0, level));
    List<Optimizer.State<List<Block>>> begin =
        switch (holdings.inner()) {
          case KEPT -> before;
          case RESET -> holdings.started(all.getFirst(), level);
        };
    int size = holdings.period(level - 1);
    Scanned<List<Optimizer.State<List<Block>>>, Part> run =
        scan(
            (List<Optimizer.State<List<Block>>> now, Chunk part) -> {
              Ran ran = run(level - 1, now, all, part);
              return new Step<>(ran.levels, new Part(ran.y, ran.loss));
            },
            begin,
            new Chunk(
                Chunks.cut(chunk.x, size),
                Chunks.cut(chunk.target, size),
                chunk.present.reshape(-1, size)),
            keep);
    List<Optimizer.State<List<Block>>> after =
        switch (holdings.inner()) {
          case KEPT -> run.carry();
          case RESET -> // a chunk without a token does not start either
              Tree.zip(run.carry(), before, chunk.begun()::where);
        };
    return new Ran(after, Chunks.uncut(run.outputs().y), run.outputs().loss.sum());
  }

  /// Reads tokens between which no level writes.
  private Ran read(List<List<Block>> all, Chunk chunk) {
    List<Block> blocks = all.stream().map(List::getLast).toList();
    Part read =
        vmap(
            (Sample sample) -> {
              Tensor y = holdings.with(sample.blocks).apply(sample.x);
              Tensor losses = vmap(objective, y, sample.target);
              return new Part(y, chunk.present.where(losses, losses.zerosLike()).sum());
            },
            new Sample(blocks, chunk.x, chunk.target));
    return new Ran(List.of(), read.y, read.loss.sum());
  }

  /// The blocks of the levels themselves, with the derivatives that they shall have.
  List<Block> current(List<Optimizer.State<List<Block>>> levels) {
    List<Block> blocks = new ArrayList<>();
    List<Block> origin = holdings.initialBlocks();
    for (int i = levels.size() - 1; i >= 0; i--) {
      List<Block> weights = holdings.through(i, holdings.held(origin, i), levels.get(i).params());
      blocks.addFirst(weights.getLast());
      if (holdings.inner() == InnerLevels.RESET) {
        origin = weights;
      }
    }
    return List.copyOf(blocks);
  }
}
