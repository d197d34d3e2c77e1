#include "engine/reference/batches.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace cplae::engine {

namespace {

torch::Tensor rows_tensor(const std::vector<std::int64_t>& rows, torch::Device device) {
  const torch::Tensor host = torch::empty({static_cast<std::int64_t>(rows.size())}, torch::kInt64);
  std::memcpy(host.data_ptr<std::int64_t>(), rows.data(), rows.size() * sizeof(std::int64_t));
  return host.to(device);
}

bool lacks_entries(const data::Modality& modality) {
  for (Eigen::Index cell = 0; cell < modality.values.rows(); ++cell)
    if (modality.present[static_cast<std::size_t>(cell)] != 0 && modality.values.row(cell).hasNaN())
      return true;
  return false;
}

torch::Tensor to_tensor(const MatrixF& matrix) {
  const torch::Tensor tensor = torch::empty({matrix.rows(), matrix.cols()});
  std::memcpy(tensor.data_ptr<float>(), matrix.data(),
              static_cast<std::size_t>(matrix.size()) * sizeof(float));
  return tensor;
}

/// Rows of both parts that stand for the same batch slot; both lists ascend.
SharedRows shared_rows(const BatchPart& a, const BatchPart& b, torch::Device device) {
  SharedRows shared;
  if (a.slots == b.slots) {
    shared.slots = a.slots;
    shared.count = a.slots.size();
    shared.is_all = true;
    return shared;
  }
  std::vector<std::int64_t> first;
  std::vector<std::int64_t> second;
  for (std::size_t i = 0, j = 0; i < a.slots.size() && j < b.slots.size();) {
    if (a.slots[i] == b.slots[j]) {
      shared.slots.push_back(a.slots[i]);
      first.push_back(static_cast<std::int64_t>(i++));
      second.push_back(static_cast<std::int64_t>(j++));
    } else if (a.slots[i] < b.slots[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  shared.count = shared.slots.size();
  shared.first = rows_tensor(first, device);
  shared.second = rows_tensor(second, device);
  return shared;
}

}  // namespace

Cells::Cells(const study::StudyData& data, std::size_t modalities, torch::Device device) : device_(device) {
  for (std::size_t m = 0; m < modalities; ++m) {
    const data::Modality& modality = data.trained(m);
    const torch::Tensor values = to_tensor(modality.values);
    observed_.push_back(lacks_entries(modality) ? values.isnan().logical_not().to(torch::kFloat32).to(device)
                                                : torch::Tensor());
    values_.push_back(values.nan_to_num(0.0).to(device));
    present_.push_back(modality.present);
    complete_.push_back(
        std::all_of(modality.present.begin(), modality.present.end(), [](auto p) { return p != 0; }));
  }
}

BatchPart Cells::part(std::size_t modality, const std::vector<std::int64_t>& cells) const {
  BatchPart part;
  std::vector<std::int64_t> kept;
  part.slots.reserve(cells.size());
  kept.reserve(cells.size());
  for (std::size_t slot = 0; slot < cells.size(); ++slot) {
    if (!complete_[modality] && present_[modality][static_cast<std::size_t>(cells[slot])] == 0) continue;
    part.slots.push_back(static_cast<std::int64_t>(slot));
    kept.push_back(cells[slot]);
  }
  const torch::Tensor rows = rows_tensor(kept, device_);
  part.values = values_[modality].index_select(0, rows);
  if (observed_[modality].defined()) part.observed = observed_[modality].index_select(0, rows);
  return part;
}

Batch Cells::batch(const std::vector<std::int64_t>& cells) const {
  Batch batch;
  for (std::size_t m = 0; m < modalities(); ++m)
    batch.parts.push_back(part(m, cells));
  for (std::size_t i = 0; i < modalities(); ++i)
    for (std::size_t j = i + 1; j < modalities(); ++j)
      batch.shared.push_back(shared_rows(batch.parts[i], batch.parts[j], device_));
  return batch;
}

}  // namespace cplae::engine
