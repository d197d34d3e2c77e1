#include "make_report.hpp"

#include <unistd.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "child.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"

namespace cplae::apps {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes report_limit(10);

constexpr std::array mpi_prefixes = {"OMPI_",  "OPAL_", "ORTE_",  "PRTE_",  "PMIX_",
                                     "PMI_",   "PMI2_", "MPI_",   "MPICH_", "MV2_",
                                     "I_MPI_", "HYDI_", "HYDRA_", "SLURM_", "SLURMD_"};

bool is_of_mpi(std::string_view entry) {
  return std::any_of(mpi_prefixes.begin(), mpi_prefixes.end(),
                     [&](const char* prefix) { return entry.starts_with(prefix); });
}

/// The last line that is not blank: a Python program's own words, or the end of its traceback.
std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "";
  const auto start = text.find_last_of('\n', end) + 1;  // 0 where there is none
  return one_line(text.substr(start, end - start + 1));
}

std::string why_none(const ChildEnd& end) {
  switch (end.how) {
    case ChildEnd::How::not_started:
      return "it cannot be started: " + end.said;
    case ChildEnd::How::too_slow:
      return "not done after " + std::to_string(report_limit.count()) + " minutes";
    case ChildEnd::How::interrupted:
      return "stopped by a signal";
    case ChildEnd::How::exited:
      break;
  }
  const std::string said = last_line(end.said);
  return said.empty() ? "exit code " + std::to_string(end.exit_code) : said;
}

bool try_report(const fs::path& run) {
  const std::string python = report_python();
  if (python.empty()) return true;
  const std::string by_hand = "python -m cplae_analysis " + run.string();
  if (python.find('/') != std::string::npos && !fs::exists(python)) {
    log::info("no report: there is no " + python +
              "; scripts/setup.sh demo makes it (or set CPLAE_PYTHON), then: " + by_hand);
    return false;
  }
  std::vector<std::string> environment = environment_without_mpi();
  // Nothing that lies in the user's folder is imported by mistake; and no display is asked for.
  environment.insert(environment.end(), {"PYTHONSAFEPATH=1", "MPLBACKEND=Agg"});
  const ChildEnd end = run_child({.words = {python, "-m", "cplae_analysis", fs::absolute(run).string()},
                                  .environment = std::move(environment),
                                  .limit = report_limit});
  if (end.how == ChildEnd::How::exited && end.exit_code == 0) {
    log::info("report: " + (run / "report.html").string());
    return true;
  }
  log::warning("no report (" + python + ": " + why_none(end) +
               "); all else in the run folder is as it was; by hand: " + by_hand);
  return false;
}

}  // namespace

std::string report_python() {
  if (const char* named = std::getenv("CPLAE_PYTHON")) return named;
  return (program_folder().parent_path() / "env" / "bin" / "python").string();
}

std::vector<std::string> environment_without_mpi() {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!is_of_mpi(*entry)) kept.emplace_back(*entry);
  return kept;
}

bool make_report(const fs::path& run) noexcept {
  try {
    return try_report(run);
  } catch (const std::exception& error) {
    log::warning(std::string("no report: ") + error.what());
    return false;
  }
}

}  // namespace cplae::apps
