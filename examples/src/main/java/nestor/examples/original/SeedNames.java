package nestor.examples.original;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import nestor.autodiff.Tensor;

/// PyTorch's names of the original's parameters, and the paths of the same ones here.
final class SeedNames {
  private static final Pattern MEMORY =
      Pattern.compile("hope_layers\\.(\\d+)\\.attention\\.memory");

  /// A part of PyTorch's names and what it is called here.
  private record Part(String torch, String here) {}

  private static final List<Part> PARTS =
      List.of(
          new Part("^input_proj", "inputProjection"),
          new Part("^output_proj", "outputProjection"),
          new Part("^hope_layers", "layers"),
          new Part("attention\\.(w[qkv])\\.weight$", "attention.$1"),
          new Part("cms\\.memory_blocks\\.(\\d+)\\.0", "blocks.$1.norm"),
          new Part("cms\\.memory_blocks\\.(\\d+)\\.1", "blocks.$1.up"),
          new Part("cms\\.memory_blocks\\.(\\d+)\\.3", "blocks.$1.down"),
          new Part("self_modifier\\.0", "selfModifier.first"),
          new Part("self_modifier\\.2", "selfModifier.second"),
          new Part("^context_processor\\.0", "context.first"),
          new Part("^context_processor\\.2", "context.second"),
          new Part("^lr_generator\\.0", "rate.first"),
          new Part("^lr_generator\\.2", "rate.second"),
          new Part("^momentum_generator\\.0", "momentum.first"),
          new Part("^momentum_generator\\.2", "momentum.second"));

  private SeedNames() {}

  static String path(String torch) {
    String path = torch;
    for (Part part : PARTS) {
      path = path.replaceFirst(part.torch, part.here);
    }
    return path;
  }

  /// The parameters whose names start with a prefix, by path; memories are no parameters.
  static Map<String, Tensor> parameters(Map<String, Tensor> tensors, String prefix) {
    Map<String, Tensor> found = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> {
      String rest = name.startsWith(prefix) ? name.substring(prefix.length()) : "";
      if (!rest.isEmpty() && !MEMORY.matcher(rest).matches()) {
        found.put(path(rest), tensor);
      }
    });
    return found;
  }

  /// The memories whose names start with a prefix, by layer.
  static Map<Integer, Tensor> memories(Map<String, Tensor> tensors, String prefix) {
    Map<Integer, Tensor> found = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> {
      var rest = MEMORY.matcher(name.startsWith(prefix) ? name.substring(prefix.length()) : "");
      if (rest.matches()) {
        found.put(Integer.valueOf(rest.group(1)), tensor);
      }
    });
    return found;
  }
}
