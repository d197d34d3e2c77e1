#include "results_rows.hpp"

#include <limits>

#include "cplae/core/error.hpp"

namespace cplae::store {

namespace {

struct Extent {
  std::string what;
  std::size_t found;
  std::size_t expected;
};

void require(const NetworkUnit& unit, const Extent& extent) {
  if (extent.found != extent.expected)
    throw DataError("unit of network '" + unit.id + "': " + extent.what + " " + std::to_string(extent.found) +
                    ", expected " + std::to_string(extent.expected));
}

std::size_t size_of(Eigen::Index size) {
  return static_cast<std::size_t>(size);
}

void require_shape(const NetworkUnit& unit, const VariantShape& shape, std::size_t modalities) {
  const train::Result& result = unit.result;
  require(unit, {"modalities of the latents", result.latents.size(), modalities});
  for (const MatrixF& latents : result.latents) {
    require(unit, {"rows of the latents", size_of(latents.rows()), shape.cells});
    require(unit, {"latent dimensions", size_of(latents.cols()), shape.latent_dim});
  }
  require(unit, {"cells of the split", unit.split.size(), shape.cells});
  require(unit, {"loss terms", size_of(result.losses.cols()), shape.terms});
  const std::size_t validations = size_of(result.losses.rows());
  if (validations > shape.validations || (result.finite && !shape.may_end_early))
    require(unit, {"validations", validations, shape.validations});
  require(unit, {"floats of the weights", result.weights.parameters.size(), shape.layout.parameter_floats});
  require(unit,
          {"floats of the moving statistics", result.weights.moving.size(), shape.layout.moving_floats});
}

void append_matrix(std::vector<float>& target, const MatrixF& matrix) {
  target.insert(target.end(), matrix.data(), matrix.data() + matrix.size());
}

}  // namespace

void append(VariantRows& rows, const NetworkUnit& unit, const VariantShape& shape,
            const ReplicateRow& identity) {
  require_shape(unit, shape, rows.latents.size());
  const train::Result& result = unit.result;
  ReplicateRow row = identity;
  row.status = result.finite ? 0 : 1;
  row.steps = result.steps;
  row.best_step = result.best_step;
  row.failed_step = result.failed_step;
  checksum(unit).copy(row.checksum.data(), row.checksum.size());
  rows.replicates.push_back(row);
  rows.seconds.push_back(result.seconds);
  for (std::size_t m = 0; m < result.latents.size(); ++m)
    append_matrix(rows.latents[m], result.latents[m]);
  for (const data::Role role : unit.split)
    rows.split.push_back(static_cast<std::uint8_t>(role));
  append_matrix(rows.losses, result.losses);
  const std::size_t missing = shape.validations - size_of(result.losses.rows());
  rows.losses.insert(rows.losses.end(), missing * shape.terms, std::numeric_limits<float>::quiet_NaN());
  rows.parameters.insert(rows.parameters.end(), result.weights.parameters.begin(),
                         result.weights.parameters.end());
  rows.moving.insert(rows.moving.end(), result.weights.moving.begin(), result.weights.moving.end());
}

}  // namespace cplae::store
