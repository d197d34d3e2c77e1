#pragma once
#include <string>

namespace cplae::model {

enum class DeviceKind : unsigned char { cpu, cuda };

/// Where a rank computes.
struct Device {
  DeviceKind kind = DeviceKind::cpu;
  int index = 0;    ///< of the GPU
  int sharers = 1;  ///< ranks of this host that compute on it
};

/// A rank among those of its host.
struct LocalRank {
  int rank = 0;
  int ranks = 1;
};

/// What --device asks for.
enum class DeviceRequest : unsigned char { automatic, cpu, cuda };

/// The GPU of a rank: its number modulo that of the GPUs, which must not be 0.
[[nodiscard]] Device gpu_of(const LocalRank& rank, int gpus);

/// The device of a rank, in a warning where ranks share a GPU. `automatic` takes a GPU when the machine has
/// one that this build's kernels or torch's CUDA half can use, else the CPU. Throws UsageError, saying what
/// is missing, when cuda is asked for and cannot be had. Loads torch where there is a driver and the build
/// has no kernels, at most once; local.
[[nodiscard]] Device choose_device(DeviceRequest request, const LocalRank& rank);

/// "cpu" or "cuda"
[[nodiscard]] std::string kind_name(DeviceKind kind);
/// "cpu (AVX2)" or "cuda:0"
[[nodiscard]] std::string describe(const Device& device);

/// Settles how this process computes; once, at its start. Freed memory is kept for the next step: a step of
/// the reference trainer makes and drops tensors of a megabyte, which the allocator would otherwise fetch
/// from the system, and zero, every time (a third of a step's time at the paper's shape).
void configure_process();

/// Version of libtorch that the program was built with.
[[nodiscard]] std::string torch_version();

}  // namespace cplae::model
