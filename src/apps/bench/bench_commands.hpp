#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "apps/task.hpp"

namespace cplae::apps::bench {

/// Each adds one bench to the parser of `cplae bench`.
[[nodiscard]] Command add_train(CLI::App& parent);
[[nodiscard]] Command add_gmm(CLI::App& parent);
[[nodiscard]] Command add_io(CLI::App& parent);

/// Throws UsageError "--steps: found 0, expected at least 1".
template <class Number>
void require_at_least(const std::string& option, Number found, std::int64_t least) {
  if (static_cast<std::int64_t>(found) < least)
    throw UsageError(option + ": found " + std::to_string(found) + ", expected at least " +
                     std::to_string(least));
}

/// The same for every number of a list, which may not be empty.
template <class Number>
void require_all_at_least(const std::string& option, const std::vector<Number>& found, std::int64_t least) {
  if (found.empty()) throw UsageError(option + ": found nothing, expected numbers separated by commas");
  for (const Number number : found)
    require_at_least(option, number, least);
}

}  // namespace cplae::apps::bench
