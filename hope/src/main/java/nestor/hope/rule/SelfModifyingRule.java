package nestor.hope.rule;

import static nestor.autodiff.nn.Normalization.l2Normalize;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nestor.autodiff.Tensor;
import nestor.autodiff.Transform.Step;
import nestor.autodiff.Tree;

/// Self-modifying Titans, Behrouz et al., "Nested Learning" (2025), equations 83 to 90: memories that
/// make keys, values, queries, rates and decays of the tokens, and beside them the memory that is
/// read, all of which write themselves, toward values that they make themselves.
///
///     kₜ = unit(M_k(xₜ)),  qₜ = unit(M_q(xₜ)),  vₜ = M_v(xₜ),
///     ηₜ = ½ σ(M_η(xₜ)),  αₜ = σ(M_α(xₜ) + 2),  yₜ = M_mem(qₜ)
///     M ← M (αₜ I − ηₜ kₜ kₜᵀ) − ηₜ ∇ ½ ‖M(kₜ) − v̂ₜ‖²,  v̂ₜ = M(vₜ)   for each M that is not [Fixed]
///
/// Memories are read before the write. Everything but the reading is done with the memories that
/// the token's chunk began with, those before the token for chunks of 1: equation 90, whose index
/// read literally would see the chunk's end. Gradients flow through the targets v̂.
///
/// What the paper leaves open. The bounds of η and α. A write multiplies a linear memory by αI − 2η k
/// kᵀ + η v kᵀ, whose eigenvalue along k is α − 2η + η k·v; with values shorter than 1 ([Shortened], which
/// the layer uses) it stays above −1 where 3η < 1 + α. Longer values, which are their own targets' scale,
/// make memories grow without bound. Equation 88 fits matrices that multiply k; a deeper matrix, which
/// multiplies another x, is written in the same way with x in the place of k, divided by its norm where
/// that is above 1: W ← W (α I − η x̂ x̂ᵀ) − η δ xᵀ. The objective has the factor ½, there is no momentum,
/// and all memories have chunks of one size, where the paper allows the one that is read another.
///
/// ```java
/// var memories = SelfModifyingTitans.linear(key, DType.FLOAT32, 64).memories();
/// var start = SelfModifyingRule.start(memories, 8);
/// var read = SelfModifyingRule.read(x, memories, start, 16, Form.CHUNK_PARALLEL);
/// Tensor y = read.output(); // and read.carry() are the memories afterwards
/// ```
public final class SelfModifyingRule {
  private static final double EPS = 1e-6;
  private static final double LARGEST_RATE = 0.5;
  private static final double DECAY_BIAS = 2;

  private SelfModifyingRule() {}

  /// The memories before the first token, leaves `[out, in]`.
  ///
  /// @param key M_k, from width to width
  /// @param value M_v, from width to width
  /// @param query M_q, from width to width; [Fixed] in the paper
  /// @param rate M_η, from width to 1
  /// @param decay M_α, from width to 1
  /// @param memory M_mem, from width to width
  public record Memories(
      FastMemory key,
      FastMemory value,
      FastMemory query,
      FastMemory rate,
      FastMemory decay,
      FastMemory memory) {
    private List<FastMemory> all() {
      return List.of(key, value, query, rate, decay, memory);
    }

    /// Those that sequences write, in the order of the components.
    public List<FastMemory> written() {
      return all().stream().filter(one -> !(one instanceof Fixed)).toList();
    }

    /// These memories with other contents of those that are written.
    public Memories with(List<FastMemory> written) {
      List<FastMemory> now = new ArrayList<>();
      int next = 0;
      for (FastMemory one : all()) {
        now.add(one instanceof Fixed ? one : written.get(next++));
      }
      return new Memories(now.get(0), now.get(1), now.get(2), now.get(3), now.get(4), now.get(5));
    }
  }

  /// The memories of samples between two tokens.
  ///
  /// @param written those that are written, leaves `[samples, out, in]`
  /// @param chunkStart as they were at the beginning of the present chunk
  /// @param position how many tokens of the present chunk have been read; not a tensor, so compiled
  ///   functions have a plan for each that occurs
  public record State(List<FastMemory> written, List<FastMemory> chunkStart, int position) {}

  /// The state of `samples` sequences before their first token.
  public static State start(Memories initial, int samples) {
    List<FastMemory> each =
        initial.written().stream().map(memory -> FastMemory.forEach(memory, samples)).toList();
    return new State(each, each, 0);
  }

  /// The readings `[samples, time, width]` of x `[samples, time, width]` and the state after the
  /// last token.
  ///
  /// @param initial says which memories are fixed, and holds these
  /// @param chunk for how many tokens everything is made by the same memories; it changes what is
  ///   computed, in both forms alike
  public static Step<State, Tensor> read(
      Tensor x, Memories initial, State state, int chunk, Form form) {
    var out =
        Chunks.aligned(
            Function.<Tensor>identity(),
            (List<FastMemory> now, List<FastMemory> start, Tensor tokens) -> {
              Made made = make(tokens, initial.with(start));
              return form == Form.RECURRENT || Chunks.length(tokens) == 1
                  ? Chunks.each(
                      (List<FastMemory> each, Made token) -> token(each, initial, token),
                      now,
                      made,
                      1)
                  : parallel(now, initial, made);
            },
            Function.identity(),
            new Chunks.Open<>(state.written, state.chunkStart, state.position),
            x,
            chunk);
    var after = out.carry();
    return new Step<>(new State(after.now(), after.start(), after.position()), out.output());
  }

  /// What a matrix is written from: W ← α W − η (W x̂ + e) x̂ᵀ.
  ///
  /// @param input x̂ `[samples, time, in]`, of norm at most 1
  /// @param error e `[samples, time, out]`
  private record Write(Tensor input, Tensor error) {}

  /// What the memories at a chunk's beginning make of its tokens.
  ///
  /// @param rate η `[samples, time, 1]`
  /// @param decay α `[samples, time, 1]`
  /// @param writes one for each matrix that is written
  private record Made(Tensor query, Tensor rate, Tensor decay, List<Write> writes) {}

  private static Made make(Tensor x, Memories memories) {
    Tensor k = l2Normalize(memories.key.read(x), -1, EPS);
    Tensor v = memories.value.read(x);
    List<Write> writes = new ArrayList<>();
    for (FastMemory memory : memories.written()) {
      Surprise surprise = Surprise.of(memory, k, memory.read(v));
      for (int i = 0; i < surprise.inputs().size(); i++) {
        writes.add(write(surprise.inputs().get(i), surprise.errors().get(i), k));
      }
    }
    return new Made(
        l2Normalize(memories.query.read(x), -1, EPS),
        memories.rate.read(x).sigmoid().times(LARGEST_RATE),
        memories.decay.read(x).plus(DECAY_BIAS).sigmoid(),
        List.copyOf(writes));
  }

  /// The norm of k is below 1 already.
  private static Write write(Tensor input, Tensor error, Tensor k) {
    if (input == k) {
      return new Write(input, error);
    }
    Tensor scale = input.square().sumKeepDims(-1).maximum(1).sqrt();
    return new Write(input.div(scale), error.times(scale));
  }

  private static Step<List<FastMemory>, Tensor> token(
      List<FastMemory> now, Memories initial, Made token) {
    List<Tensor> weights = Tree.leaves(now);
    List<Tensor> after = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      Write write = token.writes.get(i);
      Tensor known = write.input.matmulTransposed(weights.get(i));
      Tensor change = known.plus(write.error).times(token.rate);
      after.add(weights.get(i).times(token.decay).minus(change.transposedMatmul(write.input)));
    }
    return new Step<>(Tree.withLeaves(now, after), initial.with(now).memory.read(token.query));
  }

  /// Matrices that are written from one input, whose changes solve one system.
  private record Group(Tensor input, List<Integer> members) {}

  /// With [Decay] Γ, G of α and W₀ at the beginning, the changes u of W ← α W + u x̂ᵀ solve
  ///
  ///     uₜ = −ηₜ (G_{t−1} W₀ x̂ₜ + eₜ + Σ_{j<t} Γ_{t−1,j} (x̂ⱼ·x̂ₜ) uⱼ)
  ///
  /// and W_{t−1} z = G_{t−1} W₀ z + Σ_{j<t} Γ_{t−1,j} (x̂ⱼ·z) uⱼ.
  private static Step<List<FastMemory>, Tensor> parallel(
      List<FastMemory> now, Memories initial, Made made) {
    int time = made.query.shape().dim(1);
    List<Tensor> weights = Tree.leaves(now);
    Decay decay = Decay.of(made.decay.reshape(made.decay.shape().dim(0), time));
    Decay before = decay.before();
    Tensor[] changes = new Tensor[weights.size()];
    Tensor[] after = new Tensor[weights.size()];
    for (Group group : groups(made.writes)) {
      Tensor input = group.input;
      List<Tensor> errors = new ArrayList<>();
      for (int member : group.members) {
        Tensor known = input.matmulTransposed(weights.get(member)).times(before.since());
        errors.add(known.plus(made.writes.get(member).error));
      }
      Tensor overlap = input.matmulTransposed(input).times(before.between()).times(made.rate);
      Tensor all = errors.size() == 1 ? errors.getFirst() : Tensor.concat(2, errors);
      Tensor change = overlap.solveLowerUnit(all.times(made.rate).neg());
      int row = 0;
      for (int member : group.members) {
        Tensor matrix = weights.get(member);
        int rows = matrix.shape().dim(1);
        Tensor own = change.slice(2, row, row + rows);
        Tensor written = own.times(decay.toEnd()).transposedMatmul(input);
        changes[member] = own;
        after[member] = matrix.times(decay.whole()).plus(written);
        row += rows;
      }
    }
    FastMemory memory = initial.memory;
    Tensor read =
        memory instanceof Fixed
            ? memory.read(made.query)
            : memory.through(
                (matrix, z) -> {
                  int at = weights.size() - Tree.leaves(memory).size() + matrix;
                  return z.matmulTransposed(weights.get(at))
                      .times(before.since())
                      .plus(
                          z.matmulTransposed(made.writes.get(at).input)
                              .times(before.between())
                              .matmul(changes[at]));
                },
                made.query);
    return new Step<>(Tree.withLeaves(now, List.of(after)), read);
  }

  private static List<Group> groups(List<Write> writes) {
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < writes.size(); i++) {
      Tensor input = writes.get(i).input;
      Group group = groups.stream().filter(one -> one.input == input).findFirst().orElse(null);
      if (group == null) {
        group = new Group(input, new ArrayList<>());
        groups.add(group);
      }
      group.members.add(i);
    }
    return groups;
  }
}
