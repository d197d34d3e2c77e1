#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "cplae/dist/session.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/store/results.hpp"

namespace cplae::apps::bench {

/// A folder for all ranks within another: rank 0 makes it and, at the end, removes it. Collective.
class ScratchFolder {
public:
  ScratchFolder(const dist::Communicator& communicator, const std::filesystem::path& within);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  const dist::Communicator& communicator_;
  std::filesystem::path path_;
};

/// A study of the paper's shape whose networks are drawn instead of trained.
class IoCase {
public:
  IoCase(std::size_t networks, std::size_t cells);
  IoCase(const IoCase&) = delete;
  IoCase& operator=(const IoCase&) = delete;
  [[nodiscard]] const study::Plan& plan() const { return plan_; }
  [[nodiscard]] store::NetworkUnit unit(const study::Network& network) const;
  [[nodiscard]] store::ResultsInput results_input(const store::UnitStore& units) const;

private:
  study::Study study_;
  study::Plan plan_;
  std::vector<std::string> cells_;
  study::StudyData data_;  ///< names and scaling only
};

}  // namespace cplae::apps::bench
