package nestor.laws;

import static nestor.autodiff.Transform.grad;
import static nestor.autodiff.Transform.valueAndGrad;
import static nestor.autodiff.Transform.vmap;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Key;
import nestor.autodiff.Tensor;
import nestor.autodiff.Tree;
import nestor.autodiff.nn.Activations;
import nestor.autodiff.nn.LayerNorm;
import nestor.autodiff.nn.Linear;
import nestor.autodiff.nn.Losses;
import nestor.autodiff.nn.Normalization;

/// A short training whose last bits show every bit that moved on the way: second-order MAML of a
/// small network, mapped over two tasks, in `float64` and in `float32`.
final class TrainingProgram {
  private static final int TASKS = 2;

  private TrainingProgram() {}

  /// How much there is to compute.
  @SuppressWarnings("ImmutableEnumChecker") // nobody writes the sizes
  enum Scale {
    /// For slow ways to run: one sum and one product for two threads, the training itself small.
    SMALL(new Sizes(7, 19, 33, 5, 2), new int[] {80, 129, 131}),
    /// Products for two threads all along, and one that is packed.
    LARGE(new Sizes(96, 160, 130, 7, 2), new int[] {331, 337, 347});

    private final Sizes sizes;
    private final int[] product;

    Scale(Sizes sizes, int[] product) {
      this.sizes = sizes;
      this.product = product;
    }
  }

  private record Sizes(int batch, int in, int hidden, int slots, int steps) {}

  /// A layer, normalization, and a softmax over slots that hold values.
  record Net(Linear up, LayerNorm norm, Tensor scores, Tensor values) {
    static Net init(Key key, DType dtype, Sizes sizes) {
      return new Net(
          Linear.init(key.fold("up"), dtype, sizes.in(), sizes.hidden()),
          LayerNorm.init(dtype, sizes.hidden()),
          key.fold("scores").normal(dtype, sizes.hidden(), sizes.slots()),
          key.fold("values").normal(dtype, sizes.slots(), 3));
    }

    Tensor error(Task task) {
      Tensor h = Activations.gelu(norm.apply(up.apply(task.x()))); // [batch, hidden]
      Tensor weights = Normalization.softmax(h.matmul(scores), -1); // [batch, slots]
      Tensor penalty = h.times(-2).exp().mean().log().times(0.01);
      return Losses.mse(weights.matmul(values).tanh(), task.y()).plus(penalty);
    }
  }

  /// Examples x `[batch, in]`, y `[batch, 3]`.
  record Task(Tensor x, Tensor y) {}

  /// What is learned: where adaptation starts, and its rate.
  record Learner(Net start, Tensor rate) {
    Tensor afterAdaptation(Task task) {
      Net gradient = grad(net -> net.error(task), start);
      return Tree.zip(start, gradient, (p, g) -> p.minus(g.times(rate))).error(task);
    }
  }

  /// The SHA-256 of all parameters' bits after training on a backend, and of a few large results.
  static String hash(Scale scale, long seed, Backend backend) {
    MessageDigest digest = sha256();
    Key key = new Key(Key.of(seed).words().on(backend));
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
      Key own = key.fold(dtype.toString());
      List<Tensor> large = large(scale, own.fold("large"), dtype);
      Learner learned = train(scale, own, dtype, large.getFirst().tanh().times(0.1));
      for (Tensor leaf : Tree.leaves(List.of(large, learned))) {
        for (double x : leaf.toDoubles()) {
          if (!Double.isFinite(x)) {
            throw new ArithmeticException("the training diverged, its bits show nothing");
          }
          digest.update(ByteBuffer.allocate(8).putDouble(0, x));
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Learner train(Scale scale, Key key, DType dtype, Tensor rate) {
    Sizes sizes = scale.sizes;
    Learner learner = new Learner(Net.init(key.fold("init"), dtype, sizes), rate);
    Learner buffer = Tree.map(learner, Tensor::zerosLike);
    for (int step = 0; step < sizes.steps(); step++) {
      Task tasks = tasks(key.fold(step), dtype, sizes);
      var out =
          valueAndGrad(
              (Learner now) -> vmap((Task task) -> now.afterAdaptation(task), tasks).mean(),
              learner);
      buffer = Tree.zip(buffer, out.gradient(), (b, g) -> b.times(0.9).plus(g));
      learner = Tree.zip(learner, buffer, (p, b) -> p.minus(b.times(0.1)));
    }
    return learner;
  }

  private static Task tasks(Key key, DType dtype, Sizes sizes) {
    Tensor x = key.fold("x").normal(dtype, TASKS, sizes.batch(), sizes.in());
    Tensor noise = key.fold("noise").normal(dtype, TASKS, sizes.batch(), 3).times(0.1);
    return new Task(x, x.slice(2, 0, 3).sin().plus(noise));
  }

  /// Sums of many elements, and a large product: their own bits, since a mean would swallow them.
  private static List<Tensor> large(Scale scale, Key key, DType dtype) {
    Tensor x = Tensor.arange(dtype, 70_001).times(key.uniform(dtype).div(-70_001)).exp();
    int[] sizes = scale.product;
    Tensor left = key.uniform(dtype, sizes[0], sizes[1]);
    Tensor product = left.matmul(key.normal(dtype, sizes[1], sizes[2]));
    return List.of(
        x.mean(),
        x.square().sum(),
        x.sqrt().sum(),
        x.reciprocal().sum(),
        product,
        product.cumsum(0).sum(1));
  }

  /// Prints the hash of a training on the standard backend.
  ///
  /// @param args the scale and the seed
  public static void main(String[] args) {
    System.out.println(hash(Scale.valueOf(args[0]), Long.parseLong(args[1]), Backend.standard()));
  }
}
