#include "counts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::predict {

namespace {

constexpr double largest_total = 1.01e6;  ///< of a cell's counts per million, with room for rounding
constexpr double largest_logarithm = 20;  ///< log_2(10^6 + 1) = 19.93

/// Counts, or counts per million, of an entry.
double linear(double value, InputKind kind) {
  if (kind == InputKind::log1p_cpm) return std::expm1(value);
  return kind == InputKind::log2_cpm ? std::exp2(value) - 1 : value;
}

std::string option_text(InputKind kind) {
  return "--input " + input_kind_names().at(static_cast<std::size_t>(kind));
}

struct Looks {
  bool are_whole = true;
  double largest = 0;
};

Looks looks_of(const MatrixF& values) {
  Looks looks;
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    const auto value = static_cast<double>(values.data()[i]);
    if (std::isnan(value)) continue;
    looks.are_whole = looks.are_whole && value >= 0 && value == std::floor(value);
    looks.largest = std::max(looks.largest, value);
  }
  return looks;
}

void check_cell(const data::Modality& found, Eigen::Index row, const std::string& cell, InputKind kind) {
  const std::string where = found.name + ", " + option_text(kind) + ": cell '" + cell + "'";
  double total = 0;
  for (Eigen::Index feature = 0; feature < found.values.cols(); ++feature) {
    const auto value = static_cast<double>(found.values(row, feature));
    if (std::isnan(value)) continue;
    if (value < 0)
      throw DataError(where + ", feature '" + found.features[static_cast<std::size_t>(feature)] +
                      "': found " + number_text(static_cast<float>(value)) + ", expected a number >= 0");
    total += linear(value, kind);
  }
  if (kind != InputKind::raw && !(total <= largest_total))
    throw DataError(where + " has " + number_text(static_cast<float>(total)) +
                    " counts per million, expected a million at most");
}

/// Features over which a cell's counts are summed.
double total_of(const MatrixF& values, Eigen::Index row, const FeatureMatch& match, const CountScale& scale) {
  double total = 0;
  const auto add = [&](Eigen::Index column) {
    const auto value = static_cast<double>(values(row, column));
    if (!std::isnan(value)) total += linear(value, scale.kind);
  };
  if (!scale.over_shared)
    for (Eigen::Index column = 0; column < values.cols(); ++column)
      add(column);
  else
    for (const auto& column : match.column)
      if (column) add(static_cast<Eigen::Index>(*column));
  return total;
}

}  // namespace

bool looks_like_counts(const data::Modality& found) {
  const Looks looks = looks_of(found.values);
  return looks.are_whole && looks.largest > largest_logarithm;
}

void check_counts(const data::Modality& found, const std::vector<std::string>& cells, InputKind kind) {
  for (std::size_t cell = 0; cell < cells.size(); ++cell)
    check_cell(found, static_cast<Eigen::Index>(cell), cells[cell], kind);
  const Looks looks = looks_of(found.values);
  if (kind == InputKind::raw && !looks.are_whole && looks.largest <= largest_logarithm)
    throw DataError(found.name + ", --input raw: found fractions and nothing above " +
                    number_text(static_cast<float>(looks.largest)) +
                    ", expected counts; logarithms: --input log1p_cpm or log2_cpm");
}

std::string describe(const CountScale& scale) {
  const std::string what = scale.kind == InputKind::raw         ? "counts"
                           : scale.kind == InputKind::log1p_cpm ? "log_e(1 + counts per million)"
                                                                : "log_2(1 + counts per million)";
  const std::string log = scale.log_of_base == 1 ? ", then log_e(1 + x)" : ", then log_2(1 + x)";
  const std::string total = number_text(std::round(scale.total));
  if (scale.over_shared) return what + ", brought to " + total + " a cell over the shared features" + log;
  if (scale.kind == InputKind::raw)
    return what + ", brought to " + total + " a cell over all features of the new data" + log;
  return what + ", kept at their size" + log;
}

MatrixF log_counts(const data::Modality& found, const std::vector<std::string>& cells,
                   const FeatureMatch& match, const CountScale& scale) {
  MatrixF logs = MatrixF::Constant(found.values.rows(), static_cast<Eigen::Index>(match.column.size()),
                                   std::numeric_limits<float>::quiet_NaN());
  const bool keeps_size = !scale.over_shared && scale.kind != InputKind::raw;
  for (Eigen::Index row = 0; row < logs.rows(); ++row) {
    const double total = keeps_size ? scale.total : total_of(found.values, row, match, scale);
    if (!(total > 0))
      throw DataError(found.name + ": cell '" + cells[static_cast<std::size_t>(row)] +
                      "' has no counts in any feature" + (scale.over_shared ? " that the run has" : "") +
                      ", expected at least one");
    for (std::size_t feature = 0; feature < match.column.size(); ++feature) {
      if (!match.column[feature]) continue;
      const auto value =
          static_cast<double>(found.values(row, static_cast<Eigen::Index>(*match.column[feature])));
      const double count = scale.total * linear(value, scale.kind) / total;
      logs(row, static_cast<Eigen::Index>(feature)) =
          static_cast<float>(std::log1p(count) / scale.log_of_base);
    }
  }
  return logs;
}

}  // namespace cplae::predict
