#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "commands.hpp"
#include "cplae/core/error.hpp"
#include "cplae/store/run_folder.hpp"
#include "make_report.hpp"
#include "run_record.hpp"

namespace cplae::apps {

namespace {

constexpr const char* report_notes =
    R"(Makes RUN/report.html, as `cplae run` does at its end, from the files of the run folder
alone; no statistics are computed again. For where the ranks had to leave without it
(--no-report): batch scripts make it so, since launchers end a rank that stays on.

Exit code: 0 made (or CPLAE_PYTHON is empty: none is wanted), 1 not made, 2 no such run, or one that is
not finished.)";

/// A run that is not done has no report to make by hand either; what is missing is said before Python starts.
void require_finished(const std::string& run, const store::RunFolder& folder) {
  std::error_code error;
  for (const auto& file : {folder.results(), folder.tables() / "summary.csv"})
    if (!std::filesystem::exists(file, error))
      throw UsageError(run + ": not finished, has no " + file.filename().string() +
                       " yet; the same cplae run goes on");
}

ExitCode report_on(const std::string& run) {
  const store::RunFolder folder{std::filesystem::path(run)};
  require_run_folder(folder);
  require_finished(run, folder);
  return make_report(folder.root()) ? ExitCode::done : ExitCode::failed;
}

}  // namespace

Command add_report(CLI::App& program) {
  const auto run = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("report", "make the report of a finished run");
  command->add_option("RUN", *run, "a run folder")->required()->type_name("");
  command->footer(report_notes);
  return {command, SerialTask([run] { return report_on(*run); })};
}

}  // namespace cplae::apps
