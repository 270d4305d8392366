/// The OpenCL backend.
package nestor.opencl;
