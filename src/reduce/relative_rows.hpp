#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cplae/reduce/context.hpp"
#include "metrics.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

/// Collects the losses of kept networks on held-out cells, for relative.csv: what coupling costs each
/// reconstruction.
class RelativeRows {
public:
  explicit RelativeRows(const Context& context) : context_(context) {}

  /// Nothing for a metric that is no loss of a term on held-out cells.
  void add(std::size_t network, const Metric& metric);

  /// For each variant of lambda > 0 whose experiment has one of lambda = 0 with all else equal: mean over
  /// replicates of each term, over that of the other. Throws IoError.
  void write(const Keys& keys, const std::filesystem::path& path) const;

private:
  /// Its place in the plan; the number of variants: there is none.
  [[nodiscard]] std::size_t uncoupled_like(std::size_t variant) const;

  const Context& context_;
  std::vector<std::string> terms_;  ///< in the order in which they came
  std::map<std::size_t, std::map<std::string, std::vector<double>>> values_;  ///< variant, term
};

}  // namespace cplae::reduce
