package nestor.train.conformance;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import nestor.autodiff.Tensor;
import nestor.train.Failure;
import nestor.train.safetensors.Safetensors;

/// A file of reference cases: a description, and beside it the tensors that it names.
///
/// @param path the description's file
/// @param description its JSON
/// @param tensors the tensors of the `.safetensors` of the same name
public record ReferenceFile(Path path, JsonNode description, Map<String, Tensor> tensors) {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /// Reads both files; what is wrong with them is a [Failure] or a malformed file.
  public static ReferenceFile read(Path path) {
    if (!path.toString().endsWith(".json")) {
      throw new Failure("a file of reference cases ends in .json");
    }
    if (!Files.isRegularFile(path)) {
      throw new Failure(Files.isDirectory(path) ? "it is a folder" : "there is no such file");
    }
    JsonNode description;
    try {
      description = JSON.readTree(path.toFile());
    } catch (JsonProcessingException e) {
      String what =
          e.getOriginalMessage()
              .replaceAll("\\[Source: [^;]*; (line: \\d+), (column: \\d+)]", "$1, $2");
      throw new Failure("it is not JSON: " + what, e);
    } catch (IOException e) {
      throw new Failure("it cannot be read: " + e.getMessage(), e);
    }
    String name = path.getFileName().toString().replaceFirst("json$", "safetensors");
    Path beside = path.resolveSibling(name);
    if (!Files.isRegularFile(beside)) {
      throw new Failure("its tensors are missing: there is no " + beside);
    }
    return new ReferenceFile(path, description, Safetensors.read(beside));
  }

  /// The tensor of this name.
  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new Failure("the tensor " + name + " is missing");
    }
    return tensor;
  }
}
