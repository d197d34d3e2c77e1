#include "cplae/dist/share.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <queue>
#include <string>
#include <utility>

#include "cplae/core/error.hpp"

namespace cplae::dist {

namespace {

void require_ranks(int ranks) {
  if (ranks < 1) throw Error("sharing work: " + std::to_string(ranks) + " ranks, expected at least 1");
}

}  // namespace

std::vector<Rank> share(const std::vector<double>& costs, int ranks) {
  require_ranks(ranks);
  for (const double cost : costs)
    if (!std::isfinite(cost) || cost < 0)
      throw Error("sharing work: cost " + std::to_string(cost) + ", expected a finite number >= 0");
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return costs[a] > costs[b]; });

  using Load = std::pair<double, int>;
  std::priority_queue<Load, std::vector<Load>, std::greater<>> least_loaded;
  for (int rank = 0; rank < ranks; ++rank)
    least_loaded.emplace(0.0, rank);
  std::vector<Rank> owner(costs.size());
  for (const std::size_t unit : order) {
    const auto [load, rank] = least_loaded.top();
    least_loaded.pop();
    owner[unit] = Rank(rank);
    least_loaded.emplace(load + costs[unit], rank);
  }
  return owner;
}

Block contiguous_block(std::size_t rows, int ranks, Rank rank) {
  require_ranks(ranks);
  if (rank.value() < 0 || rank.value() >= ranks)
    throw Error("sharing work: rank " + std::to_string(rank.value()) + " of " + std::to_string(ranks));
  const std::size_t base = rows / static_cast<std::size_t>(ranks);
  const std::size_t extra = rows % static_cast<std::size_t>(ranks);
  const std::size_t r = rank.index();
  const std::size_t begin = r * base + std::min(r, extra);
  return {begin, begin + base + (r < extra ? 1 : 0)};
}

}  // namespace cplae::dist
