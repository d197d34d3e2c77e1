#pragma once
#include <string>

namespace cplae::apps::bench {

/// What the core that asks does at best: the floor of every measurement on it.
struct CorePeak {
  double single_gflops = 0;  ///< 32-bit multiply-adds, two operations each
  double double_gflops = 0;  ///< 64-bit
  std::string instructions;  ///< that were fastest: "AVX-512", "AVX2" or "baseline"
};

/// Measures it by chains of multiply-adds that live in registers, with the widest vectors that the processor
/// has; the best of a few tries, 0.2 s in all. Local.
[[nodiscard]] CorePeak measure_core_peak();

/// 10^9 bytes a second that a = b + s c moves (two reads and a write, as STREAM's triad counts) on arrays of
/// 48 MB each, the best of a few tries. Local.
[[nodiscard]] double measure_memory_rate();

/// "AMD EPYC": the model of this machine's processor, "unknown" where the system does not tell.
[[nodiscard]] std::string processor_name();

}  // namespace cplae::apps::bench
