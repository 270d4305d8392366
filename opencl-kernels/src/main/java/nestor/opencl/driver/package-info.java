/// OpenCL itself: devices, what they hold for this process, and programs.
package nestor.opencl.driver;
