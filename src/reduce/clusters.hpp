#pragma once
#include <filesystem>
#include <map>
#include <vector>

#include "cplae/reduce/context.hpp"
#include "cplae/reduce/frame.hpp"
#include "summary_rows.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

/// The number of components that BIC prefers, network by network, and its distribution over the
/// initialisations of a variant (Gala et al., Fig. 3a).
class BestCounts {
public:
  /// One row of bic.csv of a network.
  void add(std::size_t network, const Frame& bic);

  /// clusters.csv: one row a network: best_components, bic. cluster_counts.csv: one row a Freedman-Diaconis
  /// bin of each variant: bin_left, bin_right, count, modal_components.
  void write(const Context& context, const Keys& keys, const std::filesystem::path& folder,
             SummaryRows& summary) const;

private:
  struct Best {
    std::int64_t components = 0;
    double bic = 0;
  };
  std::map<std::size_t, Best> best_;
};

}  // namespace cplae::reduce
