#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/store/network_unit.hpp"
#include "results_shape.hpp"

namespace cplae::store {

/// Rows of one rank of every dataset of one variant, each laid out as in the file.
struct VariantRows {
  std::vector<ReplicateRow> replicates;
  std::vector<std::vector<float>> latents;  ///< per modality
  std::vector<std::uint8_t> split;
  std::vector<float> losses;
  std::vector<float> parameters;
  std::vector<float> moving;
  std::vector<double> seconds;
};

/// Appends one network. Throws DataError naming it when a part has another shape than the plan says.
void append(VariantRows& rows, const NetworkUnit& unit, const VariantShape& shape,
            const ReplicateRow& identity);

}  // namespace cplae::store
