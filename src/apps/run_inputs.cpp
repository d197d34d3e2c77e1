#include "apps/run_inputs.hpp"

#include <sstream>

#include "cplae/core/hash.hpp"
#include "cplae/core/version.hpp"
#include "cplae/study/parse.hpp"

namespace cplae::apps {

namespace {

/// Of one file: its hash; of several: the hash of their names and hashes.
std::string hash_of(const std::vector<data::Source>& sources) {
  if (sources.size() == 1) return sha256_file(sources.front().path);
  std::string text;
  for (const auto& source : sources)
    text += source.name + "=" + sha256_file(source.path) + "\n";
  return sha256_hex(std::as_bytes(std::span(text)));
}

std::string taxonomy_hash(const study::Study& study) {
  const auto& taxonomy = study.labels.taxonomy;
  if (taxonomy.empty() || taxonomy == "data") return "";
  return sha256_file(std::filesystem::path(study.folder) / taxonomy);
}

std::string source_text(const data::Source& source) {
  const std::string path = std::filesystem::absolute(source.path).lexically_normal().string();
  return source.name.empty() ? path : source.name + "=" + path;
}

std::vector<std::string> words_of(const std::string& command_line) {
  std::istringstream text(command_line);
  std::vector<std::string> words;
  for (std::string word; text >> word;)
    words.push_back(word);
  return words;
}

}  // namespace

RunInputs read_inputs(const RunOptions& options, model::DeviceKind device) {
  study::Study study = study::read_study(options.study, options.overrides);
  store::Identity identity{study::to_toml(study), hash_of(options.data), taxonomy_hash(study), "reference",
                           model::kind_name(device)};
  return {reduce::make_context(std::move(study), data::read_dataset(options.data)), std::move(identity)};
}

store::Start describe_start(const RunOptions& options, const RunInputs& inputs, const model::Device& device) {
  store::Start start;
  start.libraries = {{"torch", model::torch_version()}, {"compiler", build_description()}};
  start.command = words_of(options.command_line);
  start.device = model::describe(device);
  start.seed = inputs.context.study.seed;
  for (const auto& source : options.data)
    start.data_path += (start.data_path.empty() ? "" : "\n") + source_text(source);
  return start;
}

}  // namespace cplae::apps
