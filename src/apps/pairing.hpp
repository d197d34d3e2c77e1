#pragma once
#include <string>
#include <vector>

#include "cplae/store/run_folder.hpp"

namespace cplae::apps {

/// Why the folds and initialisations of two runs are no pairs, a line each: their data are not the same, or
/// networks of one experiment and fold hold other cells out, by name. Empty: they are pairs. Local. Throws
/// UsageError, DataError, IoError where a run's provenance.json or results.h5 cannot be read.
[[nodiscard]] std::vector<std::string> why_not_paired(const store::RunFolder& one,
                                                      const store::RunFolder& two);

}  // namespace cplae::apps
