#include "whole_results.hpp"

#include <filesystem>
#include <string>

#include "cplae/core/error.hpp"
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
  const std::string difference =
      study::first_difference(store::with_free_keys(results.study(), named, ""), named);
  if (!difference.empty())
    throw DataError(folder.results().string() + ": is not of the study in " + folder.study().string() + ": " +
                    difference);
  return results;
}

}  // namespace cplae::apps
