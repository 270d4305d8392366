package nestor.bench;

import java.util.List;

/// The workloads there are.
public final class Workloads {
  /// All of them, in the order in which they run.
  public static final List<Workload> ALL =
      List.of(
          new NestedStep(),
          new MamlSinusoid(),
          new MemorySequence(),
          new MemoryChunks(),
          new Gemm(),
          new CharTransformer());

  private Workloads() {}
}
