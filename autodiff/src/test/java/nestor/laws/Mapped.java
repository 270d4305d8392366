package nestor.laws;

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
    var next = mapped.iterator();
    List<Tensor> operands = new ArrayList<>();
    for (int operand = 0; operand < sample.inputs().size(); operand++) {
      operands.add(isMapped(operand) ? next.next() : sample.inputs().get(operand));
    }
    return sample.run(operands);
  }

  List<Tensor> gradient(List<Tensor> mapped) {
    return OperatorTest.gradient(this::run, mapped);
  }

  @Override
  public String toString() {
    return sample + " mapped over operands " + Integer.toBinaryString(which);
  }
}
