package nestor.train.conformance;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import nestor.autodiff.DType;
import nestor.autodiff.Tensor;
import nestor.autodiff.nn.Activations;
import nestor.autodiff.nn.Attention;
import nestor.autodiff.nn.Convolution;
import nestor.autodiff.nn.Losses;
import nestor.autodiff.nn.NewtonSchulz;
import nestor.autodiff.nn.Normalization;
import nestor.train.Failure;

/// The operators of the reference cases, by the names that stand in the files.
final class Operators {
  /// An operator as a function of a case's inputs, constants and attributes.
  @FunctionalInterface
  interface Operator {
    Tensor apply(OperatorCall call);
  }

  private static final Map<String, Operator> ALL = Map.copyOf(all());

  private Operators() {}

  /// The operator of this name.
  static Operator named(String name) {
    Operator operator = ALL.get(name);
    if (operator == null) {
      throw new Failure("there is no operator " + name);
    }
    return operator;
  }

  private static Map<String, Operator> all() {
    Map<String, Operator> all = new HashMap<>();
    pointwise(all);
    reductions(all);
    normalizations(all);
    structure(all);
    products(all);
    losses(all);
    return all;
  }

  private static Operator one(UnaryOperator<Tensor> f) {
    return call -> f.apply(call.in(0));
  }

  private static Operator two(BinaryOperator<Tensor> f) {
    return call -> f.apply(call.in(0), call.in(1));
  }

  private static void pointwise(Map<String, Operator> all) {
    all.put("neg", one(Tensor::neg));
    all.put("exp", one(Tensor::exp));
    all.put("tanh", one(Tensor::tanh));
    all.put("sigmoid", one(Tensor::sigmoid));
    all.put("sin", one(Tensor::sin));
    all.put("cos", one(Tensor::cos));
    all.put("square", one(Tensor::square));
    all.put("abs", one(Tensor::abs));
    all.put("relu", one(Tensor::relu));
    all.put("softplus", one(Tensor::softplus));
    all.put("silu", one(Activations::silu));
    all.put("erf", one(Tensor::erf));
    all.put("gelu", one(Activations::gelu));
    all.put("gelu_tanh", one(Activations::geluTanh));
    all.put("log", one(Tensor::log));
    all.put("sqrt", one(Tensor::sqrt));
    all.put("rsqrt", one(Tensor::rsqrt));
    all.put("reciprocal", one(Tensor::reciprocal));
    all.put("add", two(Tensor::plus));
    all.put("sub", two(Tensor::minus));
    all.put("mul", two(Tensor::times));
    all.put("div", two(Tensor::div));
    all.put("pow", two(Tensor::pow));
    all.put("maximum", two(Tensor::maximum));
    all.put("minimum", two(Tensor::minimum));
    all.put(
        "clip",
        call -> call.in(0).clip(call.attributes().real("min"), call.attributes().real("max")));
    all.put(
        "where", call -> call.constant("condition").cast(DType.BOOL).where(call.in(0), call.in(1)));
  }

  private static Operator reduction(Reduction flat, Reduction keepingDims) {
    return call ->
        (call.attributes().isSet("keepdim") ? keepingDims : flat)
            .over(call.in(0), call.attributes().integers("axes"));
  }

  @FunctionalInterface
  private interface Reduction {
    Tensor over(Tensor x, int... axes);
  }

  private static void reductions(Map<String, Operator> all) {
    all.put("sum", reduction(Tensor::sum, Tensor::sumKeepDims));
    all.put("mean", reduction(Tensor::mean, Tensor::meanKeepDims));
    all.put("amax", reduction(Tensor::max, Tensor::maxKeepDims));
    all.put("logsumexp", reduction(Normalization::logSumExp, Normalization::logSumExpKeepDims));
    all.put("norm", one(Normalization::norm));
    all.put("cumsum", call -> call.in(0).cumsum(call.axis()));
  }

  private static void normalizations(Map<String, Operator> all) {
    all.put("softmax", call -> Normalization.softmax(call.in(0), call.axis()));
    all.put("log_softmax", call -> Normalization.logSoftmax(call.in(0), call.axis()));
    all.put(
        "layer_norm",
        call ->
            Normalization.layerNorm(
                call.in(0), call.in(1), call.in(2), call.attributes().real("eps")));
    all.put(
        "batch_norm",
        call ->
            Normalization.batchNorm(
                call.in(0), call.in(1), call.in(2), call.attributes().real("eps")));
    all.put(
        "l2_normalize",
        call -> Normalization.l2Normalize(call.in(0), call.axis(), call.attributes().real("eps")));
  }

  private static void structure(Map<String, Operator> all) {
    all.put("flip", call -> call.in(0).flip(call.axis()));
    all.put("concat", call -> Tensor.concat(call.axis(), call.inputs()));
    all.put("stack", call -> Tensor.stack(call.axis(), call.inputs()));
    all.put("reshape", call -> call.in(0).reshape(call.attributes().integers("shape")));
    all.put("permute", call -> call.in(0).permute(call.attributes().integers("axes")));
    all.put("broadcast_to", call -> call.in(0).broadcastTo(call.attributes().integers("shape")));
    all.put(
        "slice",
        call ->
            call.in(0)
                .slice(
                    call.attributes().integers("start"),
                    call.attributes().integers("stop"),
                    call.attributes().integers("step")));
    all.put(
        "pad",
        call ->
            call.in(0)
                .pad(call.attributes().integers("before"), call.attributes().integers("after")));
    all.put("take", call -> call.in(0).take(call.constant("indices"), call.axis()));
    all.put(
        "take_along_axis", call -> call.in(0).takeAlongAxis(call.constant("indices"), call.axis()));
    all.put(
        "scatter_add",
        call -> call.in(0).scatterAdd(call.constant("indices"), call.in(1), call.axis()));
    all.put("tril", call -> call.in(0).tril(call.attributes().integer("diagonal")));
  }

  private static void products(Map<String, Operator> all) {
    all.put("matmul", two(Tensor::matmul));
    all.put("outer", two(Tensor::outer));
    all.put("solve_lower_unit", two(Tensor::solveLowerUnit));
    all.put(
        "conv2d",
        call ->
            Convolution.conv2d(
                call.in(0),
                call.in(1),
                call.attributes().integer("stride"),
                call.attributes().integer("padding")));
    all.put(
        "attention_causal",
        call ->
            Attention.causal(call.in(0), call.in(1), call.in(2), call.attributes().real("scale")));
    all.put(
        "linear_attention_causal",
        call -> Attention.linearCausal(call.in(0), call.in(1), call.in(2)));
    all.put(
        "gated_delta_rule",
        call ->
            Attention.gatedDeltaRule(call.in(0), call.in(1), call.in(2), call.in(3), call.in(4)));
    all.put(
        "newton_schulz_cubic",
        call ->
            NewtonSchulz.cubic(
                call.in(0),
                call.attributes().integer("iterations"),
                call.attributes().real("eps")));
    all.put(
        "newton_schulz_quintic",
        call ->
            NewtonSchulz.quintic(
                call.in(0),
                call.attributes().integer("iterations"),
                call.attributes().real("eps")));
  }

  private static void losses(Map<String, Operator> all) {
    all.put("cross_entropy", call -> Losses.crossEntropy(call.in(0), call.constant("labels")));
    all.put("mse", two(Losses::mse));
  }
}
