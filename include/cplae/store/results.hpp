#pragma once
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "cplae/dist/session.hpp"
#include "cplae/store/units.hpp"
#include "cplae/study/networks.hpp"
#include "cplae/study/study.hpp"

namespace cplae::store {

/// What results.h5 is made of, beside the units. All references outlive the call.
struct ResultsInput {
  const study::Study& study;
  const study::Plan& plan;
  const std::vector<std::string>& cells;
  const study::StudyData& data;  ///< modalities in the study's order: feature names and scaling
  const UnitStore& units;
  std::string data_sha256;
  std::string data_path;                                          ///< all data files; the attribute `source`
  std::chrono::milliseconds patience = std::chrono::seconds(60);  ///< how long a unit may stay missing
};

/// Collective: writes results.h5 of the units' run folder (layout: docs/file-formats.md), complete or not at
/// all. Rank 0 lays the file out; then every rank reads the units of one contiguous block of the replicates
/// of each variant and writes it into each dataset; rank 0 renames the file. The bytes of every
/// dataset depend on the units only, not on the ranks. Throws IoError when a unit stays missing, DataError
/// when a unit does not fit the plan; every rank throws the same.
void write_results(const dist::Communicator& communicator, const ResultsInput& input);

}  // namespace cplae::store
