#include "cplae/train/groups.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"

namespace cplae::train {

namespace {

std::vector<std::size_t> first_group(const std::vector<std::size_t>& left, const Grouping& grouping,
                                     std::size_t limit) {
  const std::size_t most = std::min(limit, grouping.most(left.front()));
  std::vector<std::size_t> group;
  for (const std::size_t network : left)
    if (grouping.fit(network, left.front())) group.push_back(network);
  const std::size_t parts = (group.size() + most - 1) / most;
  group.resize((group.size() + parts - 1) / parts);
  return group;
}

}  // namespace

void train_in_groups(std::vector<std::size_t> networks, const Grouping& grouping) {
  std::size_t limit = std::numeric_limits<std::size_t>::max();
  while (!networks.empty()) {
    const auto group = first_group(networks, grouping, limit);
    try {
      grouping.train(group, networks);
    } catch (const OutOfDeviceMemory& error) {
      if (group.size() == 1) throw;
      limit = group.size() / 2;
      log::warning(std::string(error.what()) + "; going on with " + std::to_string(limit) +
                   " networks at once");
    }
  }
}

}  // namespace cplae::train
