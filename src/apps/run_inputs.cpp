#include "apps/run_inputs.hpp"

#include <set>
#include <utility>

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

RunInputs make_inputs(study::Study checked, SharedData data, model::DeviceKind device) {
  RunInputs inputs{.context = reduce::make_context(std::move(checked), std::move(data.dataset)),
                   .identity = {}};
  const study::Study& study = inputs.context.study;
  inputs.identity = {.study_toml = study::to_toml(study),
                     .data_sha256 = std::move(data.sha256),
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
