#include "apps/run_inputs.hpp"

#include <set>

#include "apps/inputs.hpp"
#include "cplae/core/hash.hpp"
#include "cplae/core/text.hpp"
#include "cplae/core/version.hpp"
#include "cplae/engine/engine.hpp"
#include "cplae/study/parse.hpp"

namespace cplae::apps {

namespace {

std::string taxonomy_hash(const study::Study& study) {
  const auto& taxonomy = study.labels.taxonomy;
  if (taxonomy.empty() || taxonomy == "data") return "";
  return sha256_file(std::filesystem::path(study.folder) / taxonomy);
}

}  // namespace

std::string trainers_of(const study::Plan& plan, model::DeviceKind device) {
  std::set<std::string> kinds;
  for (const auto& variant : plan.variants)
    kinds.insert(engine::kind_name(engine::choose_kind(variant.spec, {device, 0})));
  return join({kinds.begin(), kinds.end()}, "+");
}

RunInputs read_inputs(const RunOptions& options, model::DeviceKind device) {
  // Read before they are hashed: what cannot be read is bad input, whatever the hash would say.
  RunInputs inputs{.context = reduce::make_context(study::read_study(options.study, options.overrides),
                                                   read_data(options.data)),
                   .identity = {}};
  const study::Study& study = inputs.context.study;
  inputs.identity = {.study_toml = study::to_toml(study),
                     .data_sha256 = data_sha256(options.data),
                     .taxonomy_sha256 = taxonomy_hash(study),
                     .trainer = trainers_of(inputs.context.plan, device),
                     .device_kind = model::kind_name(device)};
  return inputs;
}

store::Start describe_start(const RunOptions& options, const RunInputs& inputs) {
  store::Start start;
  start.libraries = store::library_versions();
  start.libraries.insert({{"torch", model::torch_version()}, {"compiler", build_description()}});
  start.command = {options.command_line};
  start.seed = inputs.context.study.seed;
  start.data_path = sources_text(options.data);
  return start;
}

}  // namespace cplae::apps
