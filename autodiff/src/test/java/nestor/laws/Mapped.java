package nestor.laws;

import static nestor.autodiff.Transform.vmap;

import java.util.ArrayList;
import java.util.List;
import nestor.autodiff.Backend;
import nestor.autodiff.DType;
import nestor.autodiff.Sample;
import nestor.autodiff.Tensor;

/// A sample of which some operands differ from example to example.
///
/// @param sample the operator, and the operands that all examples share
/// @param variants the same operator's operands for each example
/// @param which a bit for each operand that differs
record Mapped(Sample sample, List<Sample> variants, int which) {
  static final int SIZE = 3;

  /// Every sample with every choice of mapped operands.
  static List<Mapped> all(Backend backend, DType dtype) {
    List<List<Sample>> draws = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      draws.add(Samples.of(10 + i, dtype, backend));
    }
    List<Mapped> all = new ArrayList<>();
    for (int i = 0; i < draws.getFirst().size(); i++) {
      int index = i;
      List<Sample> variants = draws.stream().map(draw -> draw.get(index)).toList();
      int operands = variants.getFirst().inputs().size();
      for (int which = 1; which < 1 << operands; which++) {
        all.add(new Mapped(variants.getFirst(), variants, which));
      }
    }
    return all;
  }

  private boolean isMapped(int operand) {
    return (which >> operand & 1) == 1;
  }

  List<Tensor> example(int i) {
    List<Tensor> example = new ArrayList<>();
    for (int operand = 0; operand < sample.inputs().size(); operand++) {
      if (isMapped(operand)) {
        example.add(variants.get(i).inputs().get(operand));
      }
    }
    return example;
  }

  List<Tensor> stacked() {
    List<Tensor> stacked = new ArrayList<>();
    for (int operand = 0; operand < sample.inputs().size(); operand++) {
      int at = operand;
      if (isMapped(operand)) {
        stacked.add(
            Tensor.stack(0, variants.stream().map(variant -> variant.inputs().get(at)).toList()));
      }
    }
    return stacked;
  }

  Tensor run(List<Tensor> mapped) {
    return run(mapped, sample.inputs());
  }

  private Tensor run(List<Tensor> mapped, List<Tensor> shared) {
    var next = mapped.iterator();
    List<Tensor> operands = new ArrayList<>();
    for (int operand = 0; operand < sample.inputs().size(); operand++) {
      operands.add(isMapped(operand) ? next.next() : shared.get(operand));
    }
    return sample.run(operands);
  }

  /// All operands that can be differentiated, those that differ stacked.
  List<Tensor> floats() {
    return Samples.floats(new Sample(sample.op(), operands(List.of())));
  }

  /// All operands, of which the floating ones are replaced if there are others.
  private List<Tensor> operands(List<Tensor> floats) {
    var stacked = stacked().iterator();
    var next = floats.iterator();
    List<Tensor> operands = new ArrayList<>();
    for (int operand = 0; operand < sample.inputs().size(); operand++) {
      Tensor own = isMapped(operand) ? stacked.next() : sample.inputs().get(operand);
      operands.add(own.dtype().isFloat() && next.hasNext() ? next.next() : own);
    }
    return operands;
  }

  /// The results of all examples as a function of [#floats], by `vmap`.
  Tensor batched(List<Tensor> floats) {
    List<Tensor> operands = operands(floats);
    return vmap((List<Tensor> one) -> run(one, operands), differing(operands));
  }

  /// The results of all examples as a function of [#floats], one after the other.
  Tensor looped(List<Tensor> floats) {
    List<Tensor> operands = operands(floats);
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      int example = i;
      List<Tensor> one = differing(operands).stream().map(all -> all.get(example)).toList();
      results.add(run(one, operands));
    }
    return Tensor.stack(0, results);
  }

  private List<Tensor> differing(List<Tensor> operands) {
    List<Tensor> differing = new ArrayList<>();
    for (int operand = 0; operand < operands.size(); operand++) {
      if (isMapped(operand)) {
        differing.add(operands.get(operand));
      }
    }
    return differing;
  }

  List<Tensor> gradient(List<Tensor> mapped) {
    return OperatorTest.gradient(this::run, mapped);
  }

  @Override
  public String toString() {
    return sample + " mapped over operands " + Integer.toBinaryString(which);
  }
}
