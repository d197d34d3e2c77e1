#include "whole_results.hpp"

#include <filesystem>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/reduce/verify.hpp"
#include "cplae/store/verify.hpp"
#include "cplae/study/parse.hpp"
#include "run_record.hpp"
#include "store/identity.hpp"

namespace cplae::apps {

store::ResultsReader open_whole_results(const store::RunFolder& folder) {
  require_run_folder(folder);
  std::error_code error;
  if (!std::filesystem::exists(folder.results(), error))
    throw UsageError(folder.root().string() + ": has no results.h5 yet; cplae run or cplae train makes it");
  store::require_whole_results(folder);
  reduce::require_whole_tables(folder.tables());
  store::ResultsReader results(folder.results());
  const study::Study named = read_run_study(folder);
  const std::string difference = study_difference(results, named);
  if (!difference.empty())
    throw DataError(folder.results().string() + ": is not of the study in " + folder.study().string() + ": " +
                    difference);
  return results;
}

std::string study_difference(const store::ResultsReader& results, const study::Study& study) {
  return study::first_difference(store::with_free_keys(results.study(), study, ""), study);
}

std::vector<std::string> faults_of_results(const store::RunFolder& folder, const ResultsOrigin& origin) {
  const auto damaged = store::inspect_results(folder, origin.identity).damaged;
  if (!damaged.empty()) return damaged;
  // Networks of other names are not compared with any unit: whatever holds the same study holds the same
  // ones.
  const store::ResultsReader results(folder.results());
  const std::string difference = study_difference(results, origin.study);
  if (!difference.empty()) return {folder.results().string() + ": is of another study: " + difference};
  if (results.data_sha256() != origin.data_sha256)
    return {folder.results().string() + ": is of other data, of SHA-256 " + one_line(results.data_sha256())};
  return {};
}

}  // namespace cplae::apps
