package nestor.autodiff.cpu;

import nestor.autodiff.cpu.loop.LoopCode;
import nestor.autodiff.cpu.loop.LoopCompiler;
import nestor.autodiff.plan.Kernel;
import nestor.autodiff.plan.Loop;
import nestor.autodiff.plan.LoopArguments;

/// A kernel of a plan, ready to run on a frame.
interface Launch {
  /// Runs the kernel on the arrays of a frame.
  void run(CpuPlan.Frame frame);

  /// What is known of the kernels inside of this one.
  default String details() {
    return "";
  }

  /// The launch of a kernel.
  static Launch of(Kernel kernel, CpuBackend backend, Workers workers, LoopCompiler compiler) {
    return switch (kernel) {
      case Kernel.Fused(var loop, var arguments) ->
          new LoopLaunch(compiler.compile(loop), arguments, workers, loop);
      case Kernel.Product product -> ProductLaunch.of(product, workers);
      case Kernel.Copy copy ->
          frame ->
              StridedCopy.gather(
                  copy.dims(),
                  frame.arrays()[copy.in()],
                  frame.offsets()[copy.in()] + copy.offset(),
                  copy.strides(),
                  frame.arrays()[copy.out()],
                  frame.offsets()[copy.out()]);
      case Kernel.Repeat repeat -> new RepeatLaunch(repeat, backend.plan(repeat.body()));
      case Kernel.Choose choose ->
          new ChooseLaunch(
              choose, backend.plan(choose.whenTrue()), backend.plan(choose.whenFalse()));
      case Kernel.Single single -> new SingleLaunch(single, backend);
      case Kernel.Attached attached ->
          throw new IllegalStateException("there is no kernel for " + attached.pass());
    };
  }

  /// A fused loop, split among threads where that pays: by rows, or where there are few of them by
  /// columns.
  record LoopLaunch(LoopCode code, LoopArguments arguments, Workers workers, Loop loop)
      implements Launch {
    /// Elements times instructions from which a second thread pays.
    private static final long PARALLEL_WORK = 1L << 17;

    /// Columns of which a share is a multiple, so that threads do not share cache lines.
    private static final int COLUMN_GRAIN = 1 << 10;

    @Override
    public String details() {
      return code.toString();
    }

    @Override
    public void run(CpuPlan.Frame frame) {
      int rows = arguments.rows();
      int columns = arguments.columns();
      long work = (long) rows * columns * loop.instructions().size();
      int threads = workers.threads();
      if (work < PARALLEL_WORK || threads == 1) {
        code.run(frame.arrays(), frame.offsets(), arguments, 0, rows, 0, columns);
        return;
      }
      int units = rows / arguments.group();
      if (units >= threads) {
        int parts = Math.min(units, 2 * threads);
        workers.run(
            parts,
            part -> {
              int from = (int) ((long) units * part / parts) * arguments.group();
              int to = (int) ((long) units * (part + 1) / parts) * arguments.group();
              code.run(frame.arrays(), frame.offsets(), arguments, from, to, 0, columns);
            });
        return;
      }
      int grain = Math.min(COLUMN_GRAIN, Math.ceilDiv(columns, 16 * threads) * 16);
      int blocks = Math.ceilDiv(columns, grain);
      int parts = loop.foldsRows() ? 1 : Math.min(blocks, 2 * threads);
      workers.run(
          parts,
          part -> {
            int from = (int) ((long) blocks * part / parts) * grain;
            int to = (int) Math.min(columns, (long) blocks * (part + 1) / parts * grain);
            code.run(frame.arrays(), frame.offsets(), arguments, 0, rows, from, to);
          });
    }
  }

  /// Matrix products.
  record ProductLaunch(Kernel.Product product, PreparedProduct prepared, Workers workers)
      implements Launch {
    static ProductLaunch of(Kernel.Product product, Workers workers) {
      Kernel.Matrices a = product.left();
      Kernel.Matrices b = product.right();
      MatrixProduct shape =
          new MatrixProduct(
              product.m(),
              product.n(),
              product.k(),
              a.rowStride(),
              a.columnStride(),
              b.rowStride(),
              b.columnStride());
      return new ProductLaunch(product, PreparedProduct.of(shape, a.starts(), b.starts()), workers);
    }

    @Override
    public void run(CpuPlan.Frame frame) {
      Object a = frame.arrays()[product.left().slot()];
      Object b = frame.arrays()[product.right().slot()];
      Object c = frame.arrays()[product.out()];
      int aOff = frame.offsets()[product.left().slot()];
      int bOff = frame.offsets()[product.right().slot()];
      int cOff = frame.offsets()[product.out()];
      if (c instanceof float[] z) {
        prepared.run(workers, (float[]) a, aOff, (float[]) b, bOff, z, cOff);
      } else {
        prepared.run(workers, (double[]) a, aOff, (double[]) b, bOff, (double[]) c, cOff);
      }
    }
  }
}
