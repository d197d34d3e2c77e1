#pragma once
#include <string>
#include <vector>

#include "cplae/store/read_results.hpp"
#include "cplae/store/run_folder.hpp"
#include "cplae/study/study.hpp"

namespace cplae::apps {

/// Opens results.h5 after a look at all of its checksums, those of the tables that are there, and that it is
/// of the study in study.toml. Throws UsageError where there is none, DataError naming what is damaged or of
/// another run, IoError.
[[nodiscard]] store::ResultsReader open_whole_results(const store::RunFolder& folder);

/// How the study of a results.h5 differs from `study`, but for keys that change no number; "" if it does not.
[[nodiscard]] std::string study_difference(const store::ResultsReader& results, const study::Study& study);

/// What a results.h5 must have been made of to be a run's own.
struct ResultsOrigin {
  const study::Study& study;
  const std::string& data_sha256;
  const std::string& identity;  ///< that the units bear
};

/// Why the results.h5 of a run has to be made again from its units, all of which are there: what is damaged
/// in it, another study, other data, networks that are not those of the units. Empty where it need not.
/// Local.
[[nodiscard]] std::vector<std::string> faults_of_results(const store::RunFolder& folder,
                                                         const ResultsOrigin& origin);

}  // namespace cplae::apps
