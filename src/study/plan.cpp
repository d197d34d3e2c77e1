#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "cplae/core/text.hpp"
#include "cplae/study/networks.hpp"
#include "fields.hpp"
#include "spec_path.hpp"

namespace cplae::study {

namespace {

constexpr std::size_t most_networks = 1000000;
/// File systems take names of 255 bytes; an id is lengthened by ",fold=<n>" and suffixes.
constexpr std::size_t longest_id = 200;

/// A `vary` key with its values as the key takes them.
struct Axis {
  std::string path;
  std::string short_name;
  SpecKey key;
  std::vector<std::pair<Node, std::string>> settings;  ///< value, its text
};

Axis axis_of(const Study& study, const ExperimentSpec& experiment, const VaryKey& vary) {
  const std::string full_path = vary_path(experiment, vary.path);
  const SpecKeySearch search = find_spec_key(study.base, vary.path);
  if (!search.key) refuse({"", full_path, search.problem});
  if (vary.values.empty()) refuse({"", full_path, "found [], expected a list of values"});
  Axis axis{vary.path, short_name(vary.path), *search.key, {}};
  std::set<std::string> seen;
  for (const auto& value : vary.values) {
    Node node = checked(axis.key.info, to_node(value), full_path);
    std::string text = setting_text(node);
    if (!seen.insert(text).second)
      refuse({"", full_path, "found " + text + " twice, expected different values"});
    axis.settings.emplace_back(std::move(node), std::move(text));
  }
  return axis;
}

/// Sorted by path: what a variant is called must not depend on the order of keys in a file.
std::vector<Axis> axes_of(const Study& study, const ExperimentSpec& experiment) {
  std::vector<Axis> axes;
  for (const auto& vary : experiment.vary)
    axes.push_back(axis_of(study, experiment, vary));
  std::sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.path < b.path; });
  for (std::size_t i = 1; i < axes.size(); ++i)
    if (axes[i].path == axes[i - 1].path)
      refuse({"", vary_path(experiment, axes[i].path), "given twice, expected once"});
  return axes;
}

std::size_t replicates_of(const ExperimentSpec& experiment) {
  const bool folded = experiment.kind == ExperimentKind::kfold;
  const std::int64_t count = folded ? experiment.folds : experiment.initialisations;
  const char* key = folded ? ".folds" : ".initialisations";
  if (count < 1)
    refuse({"", "experiment." + experiment.name + key,
            "found " + std::to_string(count) + ", expected at least 1"});
  return static_cast<std::size_t>(count);
}

std::size_t members_of(const ExperimentSpec& experiment) {
  return experiment.kind == ExperimentKind::kfold ? static_cast<std::size_t>(experiment.members) : 1;
}

void check_count(const ExperimentSpec& experiment, const std::vector<Axis>& axes, std::size_t before) {
  std::size_t networks = replicates_of(experiment) * members_of(experiment);
  for (const auto& axis : axes) {
    networks *= axis.settings.size();
    if (before + networks > most_networks)
      refuse({"", "experiment." + experiment.name,
              "makes more than " + std::to_string(most_networks) + " networks, expected fewer"});
  }
}

/// The `number`-th combination of the settings; the last axis runs fastest.
Variant variant_of(const Study& study, const std::vector<Axis>& axes, std::size_t experiment,
                   std::size_t number) {
  const ExperimentSpec& spec = study.experiments[experiment];
  Variant variant{experiment, spec.name, study.base, {}, replicates_of(spec), {}};
  std::size_t stride = 1;
  for (const auto& axis : axes)
    stride *= axis.settings.size();
  for (const auto& axis : axes) {
    stride /= axis.settings.size();
    const auto& [value, text] = axis.settings[number / stride % axis.settings.size()];
    axis.key.set(variant.spec, value);
    variant.settings.emplace_back(axis.short_name, text);
    variant.id += "," + axis.short_name + "=" + text;
  }
  return variant;
}

/// The same settings with other initial weights.
Variant member_of(const Variant& variant, const ExperimentSpec& spec, std::size_t member) {
  Variant own = variant;
  if (members_of(spec) > 1) {
    own.ensemble = variant.id + ",members=" + std::to_string(members_of(spec));
    own.id += ",member=" + std::to_string(member);
  }
  const std::size_t longest = std::max(own.id.size(), own.ensemble.size());
  if (longest > longest_id)
    refuse({"", "experiment." + spec.name,
            "found a variant id of " + std::to_string(longest) + " characters, expected at most " +
                std::to_string(longest_id) + ": vary fewer keys or shorten its name"});
  return own;
}

void append_networks(const Study& study, const Variant& variant, Plan& plan) {
  const VariantIndex index(static_cast<std::int64_t>(plan.variants.size()));
  const bool folded = study.experiments[variant.experiment].kind == ExperimentKind::kfold;
  for (std::size_t r = 0; r < variant.replicates; ++r) {
    const std::string id = variant.id + (folded ? ",fold=" : ",init=") + std::to_string(r);
    plan.networks.push_back({NetworkIndex(static_cast<std::int64_t>(plan.networks.size())), index,
                             static_cast<std::int64_t>(r), id, make_key(study.seed, id)});
  }
  plan.variants.push_back(variant);
}

void append_variants(const Study& study, std::size_t experiment, Plan& plan) {
  const ExperimentSpec& spec = study.experiments[experiment];
  const std::vector<Axis> axes = axes_of(study, spec);
  check_count(spec, axes, plan.networks.size());
  std::size_t combinations = 1;
  for (const auto& axis : axes)
    combinations *= axis.settings.size();
  for (std::size_t number = 0; number < combinations; ++number) {
    const Variant variant = variant_of(study, axes, experiment, number);
    for (std::size_t member = 0; member < members_of(spec); ++member)
      append_networks(study, member_of(variant, spec, member), plan);
  }
}

}  // namespace

Plan make_plan(const Study& study) {
  Plan plan;
  for (std::size_t e = 0; e < study.experiments.size(); ++e)
    append_variants(study, e, plan);
  std::unordered_set<std::string> ids;
  for (const auto& variant : plan.variants)
    if (!ids.insert(variant.id).second)
      refuse({"", "experiment." + study.experiments[variant.experiment].name,
              "two variants of the id " + variant.id + ", expected different names and values"});
  return plan;
}

std::size_t split_owner(const Study& study, std::size_t experiment) {
  const ExperimentSpec& spec = study.experiments.at(experiment);
  if (spec.split.empty()) return experiment;
  for (std::size_t e = 0; e < study.experiments.size(); ++e)
    if (study.experiments[e].name == spec.split) return e;
  refuse({"", "experiment." + spec.name + ".split",
          "found " + quoted(spec.split) + ", expected the name of another experiment"});
}

std::string reference_of(const Study& study, const Plan& plan, std::size_t experiment) {
  const std::size_t owner = split_owner(study, experiment);
  for (const std::size_t e : {experiment, owner})
    if (!study.experiments[e].reference.empty()) return study.experiments[e].reference;
  std::string last;
  for (const auto& variant : plan.variants)
    if (variant.experiment == owner) last = variant.ensemble.empty() ? variant.id : variant.ensemble;
  return last;
}

bool is_of(const Variant& variant, const std::string& id) {
  return variant.id == id || (!variant.ensemble.empty() && variant.ensemble == id);
}

std::string short_name(const std::string& path) {
  std::string key = path.substr(path.rfind('.') + 1);
  const std::string section = "modality.";
  if (!path.starts_with(section) || path.size() < section.size() + key.size() + 2) return key;
  return key + "_" + path.substr(section.size(), path.size() - section.size() - key.size() - 1);
}

std::vector<std::string> varied_paths(const Study& study) {
  std::vector<std::string> paths;
  for (const auto& experiment : study.experiments)
    for (const auto& axis : axes_of(study, experiment))
      if (std::find(paths.begin(), paths.end(), axis.path) == paths.end()) paths.push_back(axis.path);
  return paths;
}

std::string setting_of(const NetworkSpec& spec, const std::string& path) {
  const SpecKeySearch search = find_spec_key(spec, path);
  if (!search.key) refuse({"", path, search.problem});
  return setting_text(search.key->get(spec));
}

}  // namespace cplae::study
