#pragma once
#include <optional>
#include <string>

namespace cplae::apps::bench {

/// What the driver tells of a GPU.
struct GpuSheet {
  std::string name;
  double peak_gflops = 0;  ///< FP32: multiprocessors x multiply-adds of each in a cycle x 2 x highest clock
};

/// None where there is no driver or it does not tell. Asks the driver's library, which is loaded only here.
/// Local.
[[nodiscard]] std::optional<GpuSheet> gpu_sheet(int index);

}  // namespace cplae::apps::bench
