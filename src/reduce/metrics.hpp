#pragma once
#include <string>
#include <vector>

#include "cplae/core/record.hpp"

namespace cplae::reduce {

/// One number of one replicate, or of what a unit of a variant measures.
struct Metric {
  std::string name;  ///< as summary.csv names it: "r2 E<-T", "accuracy zT leaf 33"
  double value = 0;
  bool is_score = false;  ///< variants are compared by it fold by fold
  bool is_joint = false;  ///< from several modalities at once: scores of a family of their own
};

/// All that a unit of statistics measures of its replicate or variant, in the order of the tables. Losses are
/// those of the kept network. Throws DataError when the record does not hold its tables whole.
[[nodiscard]] std::vector<Metric> metrics_of(const Record& record);

}  // namespace cplae::reduce
