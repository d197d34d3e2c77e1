#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cplae::reduce {

/// Collects the values of each metric over the replicates of a variant, for summary.csv.
class SummaryRows {
public:
  void add(const std::vector<std::string>& variant, const std::string& metric, double value);

  /// Columns: the keys, then metric, mean, sd (divisor n - 1), n. Variants in the order in which they came,
  /// each with its metrics in theirs. Throws IoError.
  void write(const std::vector<std::string>& key_names, const std::filesystem::path& path) const;

private:
  struct Metric {
    std::vector<std::string> variant;
    std::string name;
    std::vector<double> values;
  };
  std::vector<Metric> metrics_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace cplae::reduce
