#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cplae/reduce/frame.hpp"

namespace cplae::reduce {

/// Collects the values of each metric over the replicates of a variant, for summary.csv.
class SummaryRows {
public:
  void add_accuracy(const std::vector<std::string>& variant, const Frame& accuracy);
  void add_reconstruction(const std::vector<std::string>& variant, const Frame& reconstruction);
  /// The losses of the kept network.
  void add_losses(const std::vector<std::string>& variant, const Frame& losses);
  void add(const std::vector<std::string>& variant, const std::string& metric, double value);

  /// Columns: the keys, then metric, mean, sd (divisor n - 1), n. Variants and metrics in the order in which
  /// they came. Throws IoError.
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
