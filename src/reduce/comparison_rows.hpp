#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cplae/reduce/context.hpp"
#include "metrics.hpp"

namespace cplae::reduce {

/// A variant or baseline of an experiment on one fold.
struct ComparedFold {
  std::size_t experiment = 0;
  std::string variant;
  std::size_t fold = 0;
};

/// Collects the scores of variants and baselines fold by fold, for comparisons.csv.
class ComparisonRows {
public:
  explicit ComparisonRows(const Context& context) : context_(context) {}

  /// Nothing for an experiment without folds.
  void add(const ComparedFold& place, const Metric& metric);

  /// The other variants of each experiment against its reference (of the experiment whose folds it shares,
  /// where it has none of its own), by every score that both have: mean paired difference over folds with the
  /// interval of Nadeau and Bengio, and Holm's correction over the rows of single modalities, and over those
  /// of several at once. Throws IoError.
  void write(const std::filesystem::path& path) const;

private:
  /// Values by fold, NaN where there is none. [metric]
  struct Scores {
    std::vector<std::string> metrics;  ///< in the order in which they came
    std::set<std::string> joint;       ///< those of them that are from several modalities
    std::map<std::string, std::vector<double>> values;
  };
  struct Row;
  /// Of a trained variant, by its id; null if none of its networks has any.
  [[nodiscard]] const Scores* scores_of(const std::string& variant) const;
  void compare(std::size_t experiment, std::vector<Row>& rows) const;
  /// Questions about several modalities at once are many (of six modalities 156 a variant by R2 alone, beside
  /// 30 about single ones) and must not make those about single ones harder to answer.
  [[nodiscard]] static std::vector<double> corrected_p_values(const std::vector<Row>& rows);

  const Context& context_;
  std::map<std::size_t, std::vector<std::string>> order_;         ///< variants of an experiment
  std::map<std::pair<std::size_t, std::string>, Scores> scores_;  ///< of experiment and variant
};

}  // namespace cplae::reduce
