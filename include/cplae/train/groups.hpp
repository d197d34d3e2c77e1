#pragma once
#include <cstddef>
#include <functional>
#include <vector>

namespace cplae::train {

/// How a list of networks, given by their places, becomes groups that are trained together.
struct Grouping {
  /// Whether two of them can be trained together.
  std::function<bool(std::size_t, std::size_t)> fit;
  /// Most networks like this one that the device takes at once, at least 1.
  std::function<std::size_t(std::size_t)> most;
  /// Trains the group, and takes each network off the list when its result is safe. Throws OutOfDeviceMemory.
  std::function<void(const std::vector<std::size_t>& group, std::vector<std::size_t>& left)> train;
};

/// Trains all, group by group: the first that is left and those that fit it, in parts of nearly equal size.
/// Where the device lacks memory for a group its size is halved for all that follow, in a warning; one
/// network alone throws OutOfDeviceMemory. Throws what `train` throws.
void train_in_groups(std::vector<std::size_t> networks, const Grouping& grouping);

}  // namespace cplae::train
