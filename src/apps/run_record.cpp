#include "run_record.hpp"

#include <nlohmann/json.hpp>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "inputs.hpp"

namespace cplae::apps {

namespace {

constexpr std::size_t largest_bytes = std::size_t{1} << 26U;

}  // namespace

RunRecord read_run_record(const store::RunFolder& folder) {
  const std::string path = folder.provenance().string();
  std::error_code error;
  if (!std::filesystem::exists(folder.provenance(), error))
    throw UsageError(folder.root().string() + ": no run folder of cplae (there is no provenance.json)");
  const std::string text = read_file(folder.provenance(), largest_bytes);
  try {
    const auto json = nlohmann::json::parse(text);
    const auto& last = json.at("sessions").back();
    return {.data_sha256 = json.at("identity").at("data_sha256").get<std::string>(),
            .sources = sources_from(last.at("data_path").get<std::string>()),
            .ranks = last.at("ranks").get<int>(),
            .started = last.at("started").get<std::string>()};
  } catch (const nlohmann::json::exception& problem) {
    throw DataError(path + ": not as cplae writes it: " + problem.what());
  }
}

}  // namespace cplae::apps
