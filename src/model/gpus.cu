// Asks the CUDA runtime, which is linked statically and starts without a driver.
#include "model/gpus.hpp"

#include <cuda_runtime.h>

namespace cplae::model {

Gpus gpus_for_kernels() {
  Gpus gpus;
  const cudaError_t code = cudaGetDeviceCount(&gpus.count);
  if (code == cudaSuccess) return gpus;
  cudaGetLastError();  // else the next launch would meet it
  return {0, cudaGetErrorString(code)};
}

}  // namespace cplae::model
