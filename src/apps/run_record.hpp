#pragma once
#include <string>
#include <vector>

#include "cplae/data/read.hpp"
#include "cplae/store/run_folder.hpp"
#include "cplae/study/parse.hpp"

namespace cplae::apps {

/// What the provenance.json of a run says of its data and its last start.
struct RunRecord {
  std::string data_sha256;
  std::vector<data::Source> sources;  ///< of the last start
  int ranks = 1;                      ///< of the last start
  std::string started;                ///< the last time, UTC
};

/// From the text of a provenance.json. Throws DataError naming `label` and what is missing or wrong.
[[nodiscard]] RunRecord parse_run_record(const std::string& text, const std::string& label);

/// Throws UsageError when there is no provenance.json.
void require_run_folder(const store::RunFolder& folder);

/// Throws UsageError when the folder is no run folder, DataError naming provenance.json and what it lacks.
[[nodiscard]] RunRecord read_run_record(const store::RunFolder& folder);

/// The study.toml of a run folder, which must be a regular file. Throws IoError, DataError, UsageError.
[[nodiscard]] study::Study read_run_study(const store::RunFolder& folder);

}  // namespace cplae::apps
