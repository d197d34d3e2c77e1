#pragma once
#include <string>
#include <vector>

#include "cplae/dist/session.hpp"
#include "cplae/model/device.hpp"

namespace cplae::apps::bench {

/// Collective: every rank's number, in the order of ranks, on every rank.
[[nodiscard]] std::vector<double> gather_numbers(const dist::Communicator& communicator, double value);

/// The devices of all ranks, and what they do at best together.
struct Floor {
  std::size_t devices = 0;
  std::string name;               ///< of rank 0's processor or GPU
  double peak_gflops = 0;         ///< FP32, summed over the devices; 0 = not known
  double memory_rate = 0;         ///< 10^9 bytes a second, summed over the ranks; 0 = not measured
  std::string instructions = "";  ///< that reached the peak; empty for a GPU
};

/// Collective: cores are measured, on all ranks at once; of GPUs the data sheet's peak is asked for, each GPU
/// once. `with_memory` measures the cores' memory too.
[[nodiscard]] Floor measure_floor(const dist::Communicator& communicator, const model::Device& device,
                                  bool with_memory);

}  // namespace cplae::apps::bench
