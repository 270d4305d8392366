/// OpenCL C: what is generated, and the kernels written by hand that stand beside as resources.
package nestor.opencl.source;
