#include "cplae/predict/input.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "counts.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/stats/histogram.hpp"
#include "cplae/stats/summary.hpp"

namespace cplae::predict {

namespace {

constexpr double million = 1e6;
constexpr double tolerance = 1e-3;  ///< of a total; values in float32 keep 1e-6 of it
constexpr Eigen::Index fewest_cells = 10;
/// Beyond these nobody would call two tables of one kind of cells comparable; a change of laboratory, of
/// protocol or of temperature stays within.
constexpr double most_shift = 3;
constexpr double most_sd_ratio = 4;
constexpr double most_total_ratio = 3;

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double median_or(const std::vector<double>& values, double without) {
  return values.empty() ? without : stats::quantile(values, 0.5);
}

/// Entries of one feature.
struct FeatureValues {
  stats::RunningMoments moments;
  double powers = 0;  ///< sum of base^f - 1
};

FeatureValues values_of(const MatrixF& measured, Eigen::Index feature, double log_of_base) {
  FeatureValues values;
  for (Eigen::Index cell = 0; cell < measured.rows(); ++cell) {
    const auto value = static_cast<double>(measured(cell, feature));
    if (std::isnan(value)) continue;
    values.moments.add(value);
    values.powers += std::expm1(value * log_of_base);
  }
  return values;
}

bool is_unlike(const Comparison& comparison) {
  const auto beyond = [](double ratio, double most) { return !(ratio <= most && ratio >= 1 / most); };
  return !(comparison.shift <= most_shift) || beyond(comparison.sd_ratio, most_sd_ratio) ||
         (comparison.total_ratio && beyond(*comparison.total_ratio, most_total_ratio));
}

std::string short_text(double value) {
  return number_text(static_cast<float>(std::round(value * 100) / 100));
}

std::string describe(const Comparison& comparison) {
  return "median over features of the difference of means " + short_text(comparison.shift) +
         " training SD, of the ratio of SDs " + short_text(comparison.sd_ratio) +
         (comparison.total_ratio ? "; ratio of the sums of counts " + short_text(*comparison.total_ratio)
                                 : "");
}

/// Of values that were refused as they are.
std::string advice(const data::Modality& found, const TrainedModality& trained) {
  if (trained.transform == data::Transform::log_cpm || !trained_logarithm(trained)) return "";
  return looks_like_counts(found) ? "; they look like counts: --input raw"
                                  : "; logarithms: --input log1p_cpm or log2_cpm";
}

MatrixF take_columns(const MatrixF& values, const FeatureMatch& match) {
  MatrixF taken = MatrixF::Constant(values.rows(), static_cast<Eigen::Index>(match.column.size()),
                                    std::numeric_limits<float>::quiet_NaN());
  for (std::size_t feature = 0; feature < match.column.size(); ++feature)
    if (match.column[feature])
      taken.col(static_cast<Eigen::Index>(feature)) =
          values.col(static_cast<Eigen::Index>(*match.column[feature]));
  return taken;
}

/// What the counts of a new cell are brought to over the shared features.
double total_over(const FeatureMatch& match, const TrainedModality& trained, const TrainedLogarithm& log) {
  if (match.missing.empty()) return million;
  const auto& means = log.log_of_base == 1 ? trained.mean_expm1 : trained.mean_exp2m1;
  double shared = 0;
  for (std::size_t feature = 0; feature < means.size(); ++feature)
    if (match.column[feature]) shared += means[feature];
  return million * shared / sum(means);
}

MatrixF from_counts(const data::Modality& found, const std::vector<std::string>& cells,
                    const TrainedModality& trained, InputKind kind, PreparedInput& prepared) {
  const auto log = trained_logarithm(trained);
  if (!log)
    throw DataError("--input " + input_kind_names().at(static_cast<std::size_t>(kind)) +
                    ": the run's values of " + trained.name +
                    " are no logarithms of counts per million, expected --input as_trained");
  check_counts(found, cells, kind);
  const CountScale scale{.kind = kind,
                         .over_shared = log->of_model,
                         .total = log->of_model ? total_over(prepared.match, trained, *log) : million,
                         .log_of_base = log->log_of_base};
  if (!(scale.total > 0))
    throw DataError("tables/inputs.csv: mean_expm1 and mean_exp2m1 of " + trained.name +
                    " say nothing of the shared features, expected their part of a million");
  prepared.notes.push_back("input of " + trained.name + ": " + describe(scale));
  return log_counts(found, cells, prepared.match, scale);
}

}  // namespace

const std::vector<std::string>& input_kind_names() {
  static const std::vector<std::string> names{"as_trained", "raw", "log1p_cpm", "log2_cpm"};
  return names;
}

std::optional<TrainedLogarithm> trained_logarithm(const TrainedModality& trained) {
  if (trained.transform == data::Transform::log_cpm) return TrainedLogarithm{1.0, true};
  const auto of_base = [](const std::vector<double>& means, double log_of_base) {
    const double total = sum(means);
    const bool can_be = total > 0 && total <= million * (1 + tolerance);
    if (!can_be) return std::optional<TrainedLogarithm>();
    return std::optional(TrainedLogarithm{log_of_base, total >= million * (1 - tolerance)});
  };
  if (const auto natural = of_base(trained.mean_expm1, 1.0)) return natural;
  return of_base(trained.mean_exp2m1, std::log(2.0));
}

Comparison compare_with_training(const MatrixF& measured, const TrainedModality& trained) {
  const auto log = trained_logarithm(trained);
  const auto& trained_powers = log && log->log_of_base != 1 ? trained.mean_exp2m1 : trained.mean_expm1;
  std::vector<double> shifts;
  std::vector<double> ratios;
  double total = 0;
  double trained_total = 0;
  for (std::size_t feature = 0; feature < trained.features.size(); ++feature) {
    const FeatureValues values =
        values_of(measured, static_cast<Eigen::Index>(feature), log ? log->log_of_base : 1.0);
    const stats::RunningMoments& own = values.moments;
    if (own.n == 0) continue;
    total += values.powers / own.n;
    trained_total += trained_powers[feature];
    if (!(trained.sd[feature] > 0)) continue;
    shifts.push_back(std::abs(own.mean - trained.mean[feature]) / trained.sd[feature]);
    // Cells of one type may have none of a gene: that says nothing of units.
    if (own.squares > 0) ratios.push_back(own.population_sd() / trained.sd[feature]);
  }
  return {.shift = median_or(shifts, 0),
          .sd_ratio = measured.rows() < fewest_cells ? 1 : median_or(ratios, 1),
          .total_ratio = log && trained_total > 0 ? std::optional(total / trained_total) : std::nullopt};
}

PreparedInput prepare_input(const data::Modality& found, const std::vector<std::string>& cells,
                            const TrainedModality& trained, std::optional<InputKind> kind) {
  PreparedInput prepared{
      .match = match_features(trained.features, found.features), .measured = {}, .notes = {}};
  require_half(prepared.match, trained.name);
  prepared.notes.push_back("features of " + trained.name + ": " + predict::describe(prepared.match));
  const InputKind said = kind.value_or(InputKind::as_trained);
  if (said != InputKind::as_trained)
    prepared.measured = from_counts(found, cells, trained, said, prepared);
  else if (trained.transform == data::Transform::log_cpm)
    prepared.measured = from_counts(found, cells, trained, InputKind::raw, prepared);
  else {
    prepared.measured = take_columns(found.values, prepared.match);
    prepared.notes.push_back("input of " + trained.name + ": taken as it is");
  }
  const Comparison comparison = compare_with_training(prepared.measured, trained);
  const std::string text = trained.name + " beside the training cells: " + describe(comparison);
  if (is_unlike(comparison) && kind != InputKind::as_trained)
    throw DataError(text + "; expected values like theirs" +
                    (kind ? "; bring them to what the run's data are: --input as_trained takes any values"
                          : advice(found, trained) + "; --input as_trained takes them all the same"));
  prepared.notes.push_back(text + (is_unlike(comparison) ? ": UNLIKE THEM" : ""));
  return prepared;
}

MatrixF scaled(const MatrixF& measured, const data::FeatureScaling& scaling) {
  MatrixF seen(measured.rows(), measured.cols());
  for (Eigen::Index feature = 0; feature < seen.cols(); ++feature) {
    const double centre = scaling.centre[static_cast<std::size_t>(feature)];
    const double scale = scaling.scale[static_cast<std::size_t>(feature)];
    for (Eigen::Index cell = 0; cell < seen.rows(); ++cell)
      seen(cell, feature) =
          static_cast<float>((static_cast<double>(measured(cell, feature)) - centre) / scale);
  }
  return seen;
}

}  // namespace cplae::predict
