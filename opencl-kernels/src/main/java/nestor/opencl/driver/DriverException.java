package nestor.opencl.driver;

import org.jocl.CL;

/// A call to OpenCL that failed.
public final class DriverException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// The status that calls give where a device or the host has no room.
  private static final int[] NO_ROOM = {
    CL.CL_MEM_OBJECT_ALLOCATION_FAILURE, CL.CL_OUT_OF_RESOURCES, CL.CL_OUT_OF_HOST_MEMORY
  };

  private final int status;

  /// A call that gave this status.
  public DriverException(String call, int status) {
    super("%s gave %s".formatted(call, CL.stringFor_errorCode(status)));
    this.status = status;
  }

  /// The status as OpenCL numbers it.
  public int status() {
    return status;
  }

  /// Whether there was no room for something.
  public boolean isNoRoom() {
    for (int each : NO_ROOM) {
      if (each == status) {
        return true;
      }
    }
    return false;
  }

  /// Whether a command had no room that the driver had not taken before.
  public boolean isLateNoRoom() {
    return status == CL.CL_MEM_OBJECT_ALLOCATION_FAILURE;
  }

  /// Whether the device is there no more.
  public boolean isLoss() {
    return status == CL.CL_DEVICE_NOT_AVAILABLE;
  }

  /// What went wrong.
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
