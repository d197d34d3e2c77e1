#pragma once
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/data/read.hpp"
#include "cplae/dist/session.hpp"
#include "cplae/model/device.hpp"

namespace cplae::apps {

/// What the command line of `cplae run`, `train`, `evaluate` and `reduce` says.
struct RunOptions {
  std::filesystem::path study;                     ///< TOML file
  std::vector<data::Source> data;                  ///< one .h5mu, or .h5ad files
  std::filesystem::path out;                       ///< run folder
  std::vector<std::string> overrides;              ///< key=value of --set, in order
  bool overwrite = false;                          ///< remove an earlier run in the folder
  std::chrono::duration<double> lock_patience{0};  ///< for another process at work in the folder
  model::DeviceRequest device = model::DeviceRequest::automatic;
  std::optional<std::chrono::duration<double>> longest;  ///< then it stops as on a signal
  std::string command_line;                              ///< argv, joined by spaces: for provenance
};

/// Which part of a run is asked for; each goes on from what the run folder holds.
enum class Stage { everything, train, evaluate, reduce };

/// Collective: runs the stage on all ranks of the session. Returns `done`, or `some_networks_failed` when
/// the run finished but networks turned non-finite (named in the log). Throws the errors of core/error.hpp;
/// agreed errors are thrown on every rank alike. UsageError and DataError of the inputs come before anything
/// is written; Stopped when a signal asked to stop, with all work safe.
[[nodiscard]] ExitCode run_study(const dist::Session& session, const RunOptions& options, Stage stage);

}  // namespace cplae::apps
