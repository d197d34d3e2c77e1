#include "engine/fused/row_lists.hpp"

#include <algorithm>

namespace cplae::engine::fused {

namespace {

constexpr std::uint32_t none = 0xFFFFFFFF;

}  // namespace

RowLists::RowLists(const study::StudyData& data, std::size_t modalities, std::size_t slots)
    : data_(data),
      slots_(modalities),
      rows_(modalities, std::vector<std::uint32_t>(slots)),
      shared_(slots_.size() * (slots_.size() - 1) / 2) {
  for (auto& list : slots_)
    list.reserve(slots);
  for (auto& pair : shared_)
    for (auto* list : {&pair.first, &pair.second, &pair.slots})
      list->reserve(slots);
}

void RowLists::assign(const std::vector<std::int64_t>& cells) {
  for (std::size_t m = 0; m < slots_.size(); ++m) {
    const auto& present = data_.trained(m).present;
    slots_[m].clear();
    for (std::size_t slot = 0; slot < cells.size(); ++slot) {
      const bool is_there = present[static_cast<std::size_t>(cells[slot])] != 0;
      rows_[m][slot] = is_there ? static_cast<std::uint32_t>(slots_[m].size()) : none;
      if (is_there) slots_[m].push_back(static_cast<std::uint32_t>(slot));
    }
  }
  for (std::size_t i = 0; i < slots_.size(); ++i)
    for (std::size_t j = i + 1; j < slots_.size(); ++j) {
      SharedRows& pair = shared_[pair_of(slots_.size(), i, j)];
      pair.first.clear();
      pair.second.clear();
      pair.slots.clear();
      for (std::size_t slot = 0; slot < cells.size(); ++slot) {
        if (rows_[i][slot] == none || rows_[j][slot] == none) continue;
        pair.first.push_back(rows_[i][slot]);
        pair.second.push_back(rows_[j][slot]);
        pair.slots.push_back(static_cast<std::uint32_t>(slot));
      }
    }
}

std::size_t pair_of(std::size_t modalities, std::size_t i, std::size_t j) {
  const std::size_t low = std::min(i, j);
  return low * (2 * modalities - low - 1) / 2 + (std::max(i, j) - low - 1);
}

}  // namespace cplae::engine::fused
