package nestor.autodiff;

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
    Tensor[] out = call.batch(physical(in), mapped(in), this);
    Tensor[] batched = new Tensor[out.length];
    for (int i = 0; i < out.length; i++) {
      batched[i] = new Batched(this, out[i]);
    }
    return batched;
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

  /// Maps a function over axis 0 of the tensors that are `mapped`; all results carry the batch as
  /// axis 0.
  static Tensor[] map(UnaryOperator<Tensor[]> f, Tensor[] in, boolean[] mapped, int size) {
    return new Batch(size).run(f, in, mapped);
  }

  /// Maps one more function over this batch, in which what was captured from it has its meaning.
  Tensor[] run(UnaryOperator<Tensor[]> f, Tensor[] in, boolean[] mapped) {
    runs.incrementAndGet();
    try {
      Tensor[] examples = in.clone();
      for (int i = 0; i < in.length; i++) {
        examples[i] = mapped[i] ? new Batched(this, in[i]) : in[i];
      }
      Tensor[] out = f.apply(examples);
      Tensor[] result = new Tensor[out.length];
      for (int i = 0; i < out.length; i++) {
        result[i] =
            isMapped(out[i])
                ? ((Batched) out[i]).physical()
                : out[i].broadcastTo(out[i].shape().prepend(size));
      }
      return result;
    } finally {
      runs.decrementAndGet();
    }
  }
}
