#include "run_record.hpp"

#include <nlohmann/json.hpp>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"
#include "inputs.hpp"
#include "store/provenance.hpp"

namespace cplae::apps {

namespace {

constexpr std::size_t largest_bytes = std::size_t{1} << 26U;
constexpr std::size_t largest_study_bytes = std::size_t{1} << 20U;

}  // namespace

RunRecord parse_run_record(const std::string& text, const std::string& label) {
  const auto json = store::parse_provenance(text, label);
  const std::string start = label + ": not as cplae writes it: ";
  const auto& sessions = json.at("sessions");
  if (sessions.empty()) throw DataError(start + "'sessions' is empty, expected one at least");
  try {
    const auto& last = sessions.back();
    RunRecord record{.data_sha256 = json.at("identity").at("data_sha256").get<std::string>(),
                     .sources = sources_from(last.at("data_path").get<std::string>()),
                     .ranks = last.at("ranks").get<int>(),
                     .started = one_line(last.at("started").get<std::string>())};
    if (record.sources.empty()) throw DataError(start + "'data_path' is empty, expected a file");
    if (record.ranks < 1) throw DataError(start + "'ranks' is " + std::to_string(record.ranks));
    return record;
  } catch (const nlohmann::json::exception& problem) {
    throw DataError(start + one_line(problem.what()));
  }
}

void require_run_folder(const store::RunFolder& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder.provenance(), error))
    throw UsageError(folder.root().string() + ": no run folder of cplae (there is no provenance.json)");
}

RunRecord read_run_record(const store::RunFolder& folder) {
  require_run_folder(folder);
  return parse_run_record(read_file(folder.provenance(), largest_bytes), folder.provenance().string());
}

study::Study read_run_study(const store::RunFolder& folder) {
  return study::parse_recorded(read_file(folder.study(), largest_study_bytes), folder.study().string());
}

}  // namespace cplae::apps
