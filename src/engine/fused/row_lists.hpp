#pragma once
#include <cstdint>
#include <vector>

#include "cplae/study/networks.hpp"

namespace cplae::engine::fused {

/// Rows of a batch that two modalities share.
struct SharedRows {
  std::vector<std::uint32_t> first, second;  ///< row of the one part and of the other
  std::vector<std::uint32_t> slots;
};

/// Which slots of a batch have each modality, and which both of each pair. Memory is kept from batch to
/// batch.
class RowLists {
public:
  RowLists(const study::StudyData& data, std::size_t modalities, std::size_t slots);

  void assign(const std::vector<std::int64_t>& cells);

  [[nodiscard]] const std::vector<std::uint32_t>& slots(std::size_t modality) const {
    return slots_[modality];
  }
  /// Pairs in the order (0,1), (0,2), ..., (1,2), ...
  [[nodiscard]] const SharedRows& shared(std::size_t pair) const { return shared_[pair]; }

private:
  const study::StudyData& data_;
  std::vector<std::vector<std::uint32_t>> slots_;
  std::vector<std::vector<std::uint32_t>> rows_;  ///< row of each slot, or none
  std::vector<SharedRows> shared_;
};

/// Number of the pair (i, j), in whichever order, among those of `modalities`.
[[nodiscard]] std::size_t pair_of(std::size_t modalities, std::size_t i, std::size_t j);

}  // namespace cplae::engine::fused
