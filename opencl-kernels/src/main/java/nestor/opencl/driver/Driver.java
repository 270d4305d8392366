package nestor.opencl.driver;

import java.nio.ByteBuffer;
import java.util.List;
import org.jocl.NativePointerObject;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.jocl.cl_platform_id;
import org.jocl.cl_program;

/// The part of OpenCL that is used, so that tests can put a broken one in its place. Commands run
/// in the order in which a queue gets them.
///
/// Every call throws a [DriverException] with the status that OpenCL gave.
public interface Driver {
  /// The installed platforms.
  List<cl_platform_id> platforms();

  /// The devices of a platform.
  List<cl_device_id> devices(cl_platform_id platform);

  /// What a platform says of itself.
  String text(cl_platform_id platform, int what);

  /// What a device says of itself, as bytes in the order of the host.
  byte[] info(cl_device_id device, int what);

  /// A context with one device.
  cl_context context(cl_device_id device);

  /// A queue that runs commands in order.
  cl_command_queue queue(cl_context context, cl_device_id device);

  /// Uninitialised memory of a device.
  cl_mem buffer(cl_context context, long flags, long bytes);

  /// A program in OpenCL C, to be built.
  cl_program program(cl_context context, String source);

  /// A program as [#binary] gave it, to be built.
  cl_program program(cl_context context, cl_device_id device, byte[] binary);

  /// Compiles and links a program.
  void build(cl_program program, cl_device_id device, String options);

  /// What the compiler said.
  String log(cl_program program, cl_device_id device);

  /// A built program as it can be stored.
  byte[] binary(cl_program program);

  /// A kernel of a built program.
  cl_kernel kernel(cl_program program, String name);

  /// The largest group of work items that a kernel can run with.
  long groupSize(cl_kernel kernel, cl_device_id device);

  /// Sets an argument to memory.
  void argument(cl_kernel kernel, int index, cl_mem memory);

  /// Sets an argument to a number.
  void argument(cl_kernel kernel, int index, int number);

  /// Enqueues a kernel; no `local` sizes at all let the driver choose.
  void launch(cl_command_queue queue, cl_kernel kernel, long[] global, long[] local);

  /// Waits for all commands and reads memory.
  void read(cl_command_queue queue, cl_mem from, long offset, long bytes, Pointer to);

  /// Writes memory once the commands before are done; returns when that is.
  void write(cl_command_queue queue, cl_mem to, long bytes, Pointer from);

  /// Waits for all commands and shows memory to the host.
  ByteBuffer map(cl_command_queue queue, cl_mem memory, long flags, long bytes);

  /// Takes back what [#map] gave.
  void unmap(cl_command_queue queue, cl_mem memory, ByteBuffer mapped);

  /// Enqueues a copy.
  void copy(
      cl_command_queue queue, cl_mem from, long fromOffset, cl_mem to, long toOffset, long bytes);

  /// Lets the device begin with what is enqueued.
  void flush(cl_command_queue queue);

  /// Waits for all commands.
  void finish(cl_command_queue queue);

  /// Releases a buffer, kernel, program, queue or context.
  void release(NativePointerObject handle);
}
