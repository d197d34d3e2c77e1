#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cplae/dist/session.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/store/results.hpp"
#include "cplae/study/networks.hpp"

namespace cplae::test {

/// A folder for all ranks: rank 0 makes it and, at the end, removes it. Collective.
class SharedScratch {
public:
  explicit SharedScratch(const dist::Communicator& communicator);
  ~SharedScratch();
  SharedScratch(const SharedScratch&) = delete;
  SharedScratch& operator=(const SharedScratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  const dist::Communicator& communicator_;
  std::filesystem::path path_;
};

/// A study of three variants (5, 5 and 3 replicates) over 11 cells and 2 modalities, whose units are drawn
/// instead of trained.
struct SyntheticRun {
  SyntheticRun();
  /// Bits that are a function of the network only; the last network of the second variant has failed.
  [[nodiscard]] store::NetworkUnit unit(const study::Network& network) const;
  /// Writes the units that are this rank's by the plan's order. Local.
  void write_units(const store::UnitStore& units, int rank, int ranks) const;
  [[nodiscard]] store::ResultsInput input(const store::UnitStore& units) const;

  study::Study study;
  study::Plan plan;
  std::vector<std::string> cells;
  study::StudyData data;
};

}  // namespace cplae::test
