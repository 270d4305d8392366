package nestor.autodiff;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/// Runs a function written for one example on all examples of a batch at once.
final class Batch implements Level {
  private final long age = Dispatch.nextAge();
  private final int size;
  private final AtomicInteger runs = new AtomicInteger();

  private Batch(int size) {
    this.size = size;
  }

  @Override
  public long age() {
    return age;
  }

  @Override
  public boolean open() {
    return runs.get() > 0;
  }

  @Override
  public String label() {
    return "vmap";
  }

  int size() {
    return size;
  }

  @Override
  public Tensor apply(Op op, Tensor[] in) {
    op.result(Dispatch.types(in)); // mistakes are reported with the shapes of one example
    return new Batched(this, op.batch(physical(in), mapped(in), size));
  }

  @Override
  public Tensor[] call(Call call, Tensor[] in) {
    Results out = call.batch(physical(in), mapped(in), this);
    return examples(out.tensors(), out.mapped());
  }

  private Tensor[] physical(Tensor[] in) {
    Tensor[] result = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      result[i] = isMapped(in[i]) ? ((Batched) in[i]).physical() : in[i];
    }
    return result;
  }

  private boolean[] mapped(Tensor[] in) {
    boolean[] result = new boolean[in.length];
    for (int i = 0; i < in.length; i++) {
      result[i] = isMapped(in[i]);
    }
    return result;
  }

  private boolean isMapped(Tensor tensor) {
    return tensor instanceof Batched batched && batched.batch() == this;
  }

  /// Tensors one level down.
  ///
  /// @param tensors the tensors
  /// @param mapped which of them carry the batch as axis 0; the others are shared by all examples
  record Results(Tensor[] tensors, boolean[] mapped) {
    static Results allMapped(Tensor[] tensors) {
      boolean[] mapped = new boolean[tensors.length];
      Arrays.fill(mapped, true);
      return new Results(tensors, mapped);
    }

    /// The tensors, those repeated that are shared and named in `needed`.
    Tensor[] mapped(boolean[] needed, int size) {
      boolean[] stay = new boolean[needed.length];
      for (int i = 0; i < stay.length; i++) {
        stay[i] = mapped[i] || !needed[i];
      }
      return Broadcast.mapAll(tensors, stay, size);
    }
  }

  /// Maps a function over axis 0 of the tensors that are `mapped`; all results carry the batch as
  /// axis 0.
  static Tensor[] map(UnaryOperator<Tensor[]> f, Tensor[] in, boolean[] mapped, int size) {
    return new Batch(size).run(f, in, mapped);
  }

  /// The same, but a result that no mapped tensor enters stays shared.
  static Results results(UnaryOperator<Tensor[]> f, Tensor[] in, boolean[] mapped, int size) {
    return new Batch(size).results(f, in, mapped);
  }

  /// Maps one more function over this batch, in which what was captured from it has its meaning.
  Tensor[] run(UnaryOperator<Tensor[]> f, Tensor[] in, boolean[] mapped) {
    Results out = results(f, in, mapped);
    return Broadcast.mapAll(out.tensors(), out.mapped(), size);
  }

  private Results results(UnaryOperator<Tensor[]> f, Tensor[] in, boolean[] mapped) {
    runs.incrementAndGet();
    try {
      Tensor[] out = f.apply(examples(in, mapped));
      return new Results(physical(out), mapped(out));
    } finally {
      runs.decrementAndGet();
    }
  }

  private Tensor[] examples(Tensor[] in, boolean[] mapped) {
    Tensor[] examples = in.clone();
    for (int i = 0; i < in.length; i++) {
      examples[i] = mapped[i] ? new Batched(this, in[i]) : in[i];
    }
    return examples;
  }
}
