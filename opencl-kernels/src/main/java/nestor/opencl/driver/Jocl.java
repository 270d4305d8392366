package nestor.opencl.driver;

import static org.jocl.CL.*;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jocl.NativePointerObject;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.jocl.cl_platform_id;
import org.jocl.cl_program;
import org.jspecify.annotations.Nullable;

/// OpenCL as JOCL gives access to it.
public final class Jocl implements Driver {
  private static final int NO_PLATFORM = -1001; // CL_PLATFORM_NOT_FOUND_KHR

  /// A call that fills an array of bytes, or tells how many there are.
  private interface Query {
    int ask(long bytes, @Nullable Pointer to, long @Nullable [] size);
  }

  @Override
  public List<cl_platform_id> platforms() {
    requireLoader();
    int[] count = new int[1];
    int status = clGetPlatformIDs(0, null, count);
    if (status == NO_PLATFORM || (status == CL_SUCCESS && count[0] == 0)) {
      return List.of();
    }
    check("clGetPlatformIDs", status);
    cl_platform_id[] platforms = new cl_platform_id[count[0]];
    check("clGetPlatformIDs", clGetPlatformIDs(platforms.length, platforms, null));
    return List.of(platforms);
  }

  /// JOCL would print what it misses to the standard output. Asked only where this module may, or
  /// Java would print a warning instead.
  private static void requireLoader() {
    if (Jocl.class.getModule().isNativeAccessEnabled()
        && "Linux".equals(System.getProperty("os.name"))
        && !isLibrary("libOpenCL.so.1")
        && !isLibrary("libOpenCL.so")) {
      throw new UnsatisfiedLinkError("there is no libOpenCL.so.1");
    }
  }

  @SuppressWarnings("restricted") // as JOCL itself is
  private static boolean isLibrary(String name) {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(name, arena);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Override
  public List<cl_device_id> devices(cl_platform_id platform) {
    int[] count = new int[1];
    int status = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, null, count);
    if (status == CL_DEVICE_NOT_FOUND || (status == CL_SUCCESS && count[0] == 0)) {
      return List.of();
    }
    check("clGetDeviceIDs", status);
    cl_device_id[] devices = new cl_device_id[count[0]];
    check(
        "clGetDeviceIDs",
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, devices.length, devices, null));
    return List.of(devices);
  }

  @Override
  public String text(cl_platform_id platform, int what) {
    return text(
        bytes(
            "clGetPlatformInfo",
            (bytes, to, size) -> clGetPlatformInfo(platform, what, bytes, to, size)));
  }

  @Override
  public byte[] info(cl_device_id device, int what) {
    return bytes(
        "clGetDeviceInfo", (bytes, to, size) -> clGetDeviceInfo(device, what, bytes, to, size));
  }

  private static byte[] bytes(String call, Query query) {
    long[] size = new long[1];
    check(call, query.ask(0, null, size));
    byte[] result = new byte[(int) size[0]];
    check(call, query.ask(result.length, Pointer.to(result), null));
    return result;
  }

  /// A string as OpenCL gives it, with a zero behind.
  public static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).replace("\0", "").strip();
  }

  @Override
  public cl_context context(cl_device_id device) {
    int[] status = new int[1];
    cl_context context = clCreateContext(null, 1, new cl_device_id[] {device}, null, null, status);
    check("clCreateContext", status[0]);
    return context;
  }

  @Override
  @SuppressWarnings("deprecation") // what came instead is not there in OpenCL 1.2
  public cl_command_queue queue(cl_context context, cl_device_id device) {
    int[] status = new int[1];
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, status);
    check("clCreateCommandQueue", status[0]);
    return queue;
  }

  @Override
  public cl_mem buffer(cl_context context, long flags, long bytes) {
    int[] status = new int[1];
    cl_mem buffer = clCreateBuffer(context, flags, bytes, null, status);
    check("clCreateBuffer", status[0]);
    return buffer;
  }

  @Override
  public cl_program program(cl_context context, String source) {
    int[] status = new int[1];
    cl_program program = clCreateProgramWithSource(context, 1, new String[] {source}, null, status);
    check("clCreateProgramWithSource", status[0]);
    return program;
  }

  @Override
  public cl_program program(cl_context context, cl_device_id device, byte[] binary) {
    int[] status = new int[1];
    int[] ofBinary = new int[1];
    cl_program program =
        clCreateProgramWithBinary(
            context,
            1,
            new cl_device_id[] {device},
            new long[] {binary.length},
            new byte[][] {binary},
            ofBinary,
            status);
    check("clCreateProgramWithBinary", status[0]);
    if (ofBinary[0] != CL_SUCCESS) {
      clReleaseProgram(program);
    }
    check("clCreateProgramWithBinary", ofBinary[0]);
    return program;
  }

  @Override
  public void build(cl_program program, cl_device_id device, String options) {
    check(
        "clBuildProgram",
        clBuildProgram(program, 1, new cl_device_id[] {device}, options, null, null));
  }

  @Override
  public String log(cl_program program, cl_device_id device) {
    return text(
        bytes(
            "clGetProgramBuildInfo",
            (bytes, to, size) ->
                clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, to, size)));
  }

  @Override
  public byte[] binary(cl_program program) {
    long[] size = new long[1];
    check(
        "clGetProgramInfo",
        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null));
    byte[] binary = new byte[(int) size[0]];
    check(
        "clGetProgramInfo",
        clGetProgramInfo(
            program, CL_PROGRAM_BINARIES, Sizeof.POINTER, Pointer.to(Pointer.to(binary)), null));
    return binary;
  }

  @Override
  public cl_kernel kernel(cl_program program, String name) {
    int[] status = new int[1];
    cl_kernel kernel = clCreateKernel(program, name, status);
    check("clCreateKernel", status[0]);
    return kernel;
  }

  @Override
  public long groupSize(cl_kernel kernel, cl_device_id device) {
    long[] size = new long[1];
    check(
        "clGetKernelWorkGroupInfo",
        clGetKernelWorkGroupInfo(
            kernel, device, CL_KERNEL_WORK_GROUP_SIZE, Sizeof.size_t, Pointer.to(size), null));
    return size[0];
  }

  @Override
  public void argument(cl_kernel kernel, int index, cl_mem memory) {
    check("clSetKernelArg", clSetKernelArg(kernel, index, Sizeof.cl_mem, Pointer.to(memory)));
  }

  @Override
  public void argument(cl_kernel kernel, int index, int number) {
    check(
        "clSetKernelArg",
        clSetKernelArg(kernel, index, Sizeof.cl_int, Pointer.to(new int[] {number})));
  }

  @Override
  public void launch(cl_command_queue queue, cl_kernel kernel, long[] global, long[] local) {
    check(
        "clEnqueueNDRangeKernel",
        clEnqueueNDRangeKernel(
            queue,
            kernel,
            global.length,
            null,
            global,
            local.length == 0 ? null : local,
            0,
            null,
            null));
  }

  @Override
  public void read(cl_command_queue queue, cl_mem from, long offset, long bytes, Pointer to) {
    check(
        "clEnqueueReadBuffer",
        clEnqueueReadBuffer(queue, from, true, offset, bytes, to, 0, null, null));
  }

  @Override
  public void write(cl_command_queue queue, cl_mem to, long bytes, Pointer from) {
    check(
        "clEnqueueWriteBuffer",
        clEnqueueWriteBuffer(queue, to, true, 0, bytes, from, 0, null, null));
  }

  @Override
  public ByteBuffer map(cl_command_queue queue, cl_mem memory, long flags, long bytes) {
    int[] status = new int[1];
    ByteBuffer mapped =
        clEnqueueMapBuffer(queue, memory, true, flags, 0, bytes, 0, null, null, status);
    check("clEnqueueMapBuffer", status[0]);
    return mapped;
  }

  @Override
  public void unmap(cl_command_queue queue, cl_mem memory, ByteBuffer mapped) {
    check("clEnqueueUnmapMemObject", clEnqueueUnmapMemObject(queue, memory, mapped, 0, null, null));
  }

  @Override
  public void copy(
      cl_command_queue queue, cl_mem from, long fromOffset, cl_mem to, long toOffset, long bytes) {
    check(
        "clEnqueueCopyBuffer",
        clEnqueueCopyBuffer(queue, from, to, fromOffset, toOffset, bytes, 0, null, null));
  }

  @Override
  public void flush(cl_command_queue queue) {
    check("clFlush", clFlush(queue));
  }

  @Override
  public void finish(cl_command_queue queue) {
    check("clFinish", clFinish(queue));
  }

  @Override
  public void release(NativePointerObject handle) {
    switch (handle) {
      case cl_mem memory -> check("clReleaseMemObject", clReleaseMemObject(memory));
      case cl_kernel kernel -> check("clReleaseKernel", clReleaseKernel(kernel));
      case cl_program program -> check("clReleaseProgram", clReleaseProgram(program));
      case cl_command_queue queue -> check("clReleaseCommandQueue", clReleaseCommandQueue(queue));
      case cl_context context -> check("clReleaseContext", clReleaseContext(context));
      default -> throw new IllegalArgumentException("cannot release " + handle);
    }
  }

  private static void check(String call, int status) {
    if (status != CL_SUCCESS) {
      throw new DriverException(call, status);
    }
  }
}
