#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace cplae::apps {

/// The Python that makes reports: as the environment's CPLAE_PYTHON says, else ../env/bin/python beside the
/// folder of this program, where scripts/setup.sh puts it. Empty: none is wanted (CPLAE_PYTHON is empty).
[[nodiscard]] std::string report_python();

/// The environment of this process without what MPI libraries and SLURM put there for a rank, which a child
/// that is none must not take for its own. "NAME=value" each.
[[nodiscard]] std::vector<std::string> environment_without_mpi();

/// Makes run/report.html through the package cplae_analysis. Local, for rank 0 once no other rank waits. What
/// goes wrong is one line of the log and nothing else: a run is as good without its report. Returns whether
/// the report is there, or none is wanted.
bool make_report(const std::filesystem::path& run) noexcept;

}  // namespace cplae::apps
