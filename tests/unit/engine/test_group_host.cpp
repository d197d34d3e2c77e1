// The tests of group engines run the GPU's kernels on the host: same text, same order of sums.
#include "engine/cuda/group_engine.hpp"
#include "engine/cuda/host_backend.hpp"
#include "group_fixture.hpp"

namespace cplae::test {

std::unique_ptr<engine::Engine> make_tested(const std::vector<engine::Subject>& subjects,
                                            const Making& making) {
  return engine::cuda::make_group_engine(
      subjects, std::make_unique<engine::cuda::HostBackend>(making.backwards), {.chained = making.chained});
}

}  // namespace cplae::test
