// A build without kernels for GPUs: torch alone may find some.
#include "model/gpus.hpp"

namespace cplae::model {

Gpus gpus_for_kernels() {
  return {0, "this build has no kernels for GPUs"};
}

}  // namespace cplae::model
