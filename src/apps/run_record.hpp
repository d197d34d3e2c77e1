#pragma once
#include <string>
#include <vector>

#include "cplae/data/read.hpp"
#include "cplae/store/run_folder.hpp"

namespace cplae::apps {

/// What the provenance.json of a run says of its data and its last start.
struct RunRecord {
  std::string data_sha256;
  std::vector<data::Source> sources;  ///< of the last start
  int ranks = 1;                      ///< of the last start
  std::string started;                ///< the last time, UTC
};

/// Throws UsageError when the folder is no run folder, DataError naming provenance.json and what it lacks.
[[nodiscard]] RunRecord read_run_record(const store::RunFolder& folder);

}  // namespace cplae::apps
