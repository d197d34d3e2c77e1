#include "held_out_rows.hpp"

#include <cmath>
#include <cstdint>
#include <utility>

#include "cplae/stats/histogram.hpp"
#include "cplae/stats/r2.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

namespace {

constexpr int percent = 100;

}  // namespace

void HeldOutRows::add(const data::Modality& modality, const MatrixF& truth, const MatrixF& reconstructed) {
  const auto errors = stats::squared_error_per_cell(truth, reconstructed);
  const auto missing = stats::missing_share_per_cell(truth);
  for (std::size_t cell = 0; cell < errors.size(); ++cell) {
    if (!std::isfinite(errors[cell])) continue;
    modality_.push_back(modality.name);
    error_.push_back(errors[cell]);
    missing_.push_back(missing[cell]);
  }
}

Frame HeldOutRows::frame() && {
  return Frame(
      {{"modality", std::move(modality_)}, {"error", std::move(error_)}, {"missing", std::move(missing_)}});
}

HeldOutPercentiles::Pool& HeldOutPercentiles::pool_of(const std::vector<std::string>& variant,
                                                      const std::string& modality) {
  const auto [place, is_new] = place_.emplace(std::pair(variant, modality), pools_.size());
  if (is_new) pools_.push_back({variant, modality, {}, {}});
  return pools_[place->second];
}

void HeldOutPercentiles::add(const std::vector<std::string>& variant, const Frame& held_out) {
  if (held_out.rows() == 0) return;
  const auto& modality = held_out.texts("modality");
  const auto& error = held_out.numbers("error");
  const auto& missing = held_out.numbers("missing");
  for (std::size_t row = 0; row < held_out.rows(); ++row) {
    Pool& pool = pool_of(variant, modality[row]);
    pool.error.push_back(error[row]);
    pool.missing.push_back(missing[row]);
  }
}

void HeldOutPercentiles::write(const std::vector<std::string>& keys,
                               const std::filesystem::path& path) const {
  TableWriter table(keys, {"modality", "n_cells", "percent", "error", "missing"});
  std::vector<double> shares;
  for (int p = 0; p <= percent; ++p)
    shares.push_back(static_cast<double>(p) / percent);
  for (const Pool& pool : pools_) {
    const auto errors = stats::quantiles(pool.error, shares);
    const auto missing = stats::quantiles(pool.missing, shares);
    for (std::size_t p = 0; p < shares.size(); ++p)
      table.add_row(pool.variant, {pool.modality, std::to_string(pool.error.size()), std::to_string(p),
                                   field_text(errors[p]), field_text(missing[p])});
  }
  table.write(path);
}

}  // namespace cplae::reduce
