#pragma once
#include "cplae/store/read_results.hpp"
#include "cplae/store/run_folder.hpp"

namespace cplae::apps {

/// Opens results.h5 after a look at all of its checksums, those of the tables that are there, and that it is
/// of the study in study.toml. Throws UsageError where there is none, DataError naming what is damaged or of
/// another run, IoError.
[[nodiscard]] store::ResultsReader open_whole_results(const store::RunFolder& folder);

}  // namespace cplae::apps
