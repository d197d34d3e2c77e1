#pragma once
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/data/read.hpp"
#include "cplae/dist/session.hpp"

namespace cplae::apps {

/// The data of a run and what identifies them.
struct SharedData {
  data::Dataset dataset;
  std::string sha256;
};

/// Collective: the root reads these modalities of the files, once for all ranks, and sends what it read.
/// Throws DataError and IoError, on every rank alike.
[[nodiscard]] SharedData read_shared_data(const dist::Communicator& communicator,
                                          const std::vector<data::Source>& sources,
                                          const std::vector<std::string>& modalities);

}  // namespace cplae::apps
