#include "spec_path.hpp"

#include <algorithm>
#include <utility>

#include "cplae/core/text.hpp"

namespace cplae::study {

namespace {

struct Candidate {
  std::string path;
  SpecKey key;
};

/// Every key of a NetworkSpec in one table of it, under `prefix`; `owner_of` finds that table's struct in a
/// spec.
template <class Owner, class OwnerOf>
void append(std::vector<Candidate>& out, const std::vector<Field<Owner>>& fields, const std::string& prefix,
            OwnerOf owner_of) {
  for (const auto& field : fields) {
    const auto get = [&field, owner_of](const NetworkSpec& spec) { return field.get(owner_of(spec)); };
    const auto set = [&field, owner_of](NetworkSpec& spec, const Node& node) {
      field.set(owner_of(spec), node);
    };
    out.push_back({prefix + field.key, {static_cast<const FieldInfo&>(field), get, set}});
  }
}

std::vector<Candidate> candidates_of(const NetworkSpec& spec) {
  std::vector<Candidate> out;
  append(
      out, coupling_fields(), "coupling.", [](auto& s) -> auto& { return s.coupling; });
  append(
      out, training_fields(), "training.", [](auto& s) -> auto& { return s.training; });
  for (std::size_t m = 0; m < spec.modalities.size(); ++m)
    append(
        out, modality_fields(),
        "modality." + spec.modalities[m].name + ".", [m](auto& s) -> auto& { return s.modalities.at(m); });
  return out;
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

std::string unknown_path(const std::vector<Candidate>& candidates, const std::string& path) {
  std::vector<std::string> paths;
  for (const auto& candidate : candidates)
    if (candidate.key.info.may_vary) paths.push_back(candidate.path);
  std::optional<std::string> near = nearest(path, paths);
  for (const auto& known : paths)
    if (last_part(known) == path) near = known;
  return near ? "unknown key; did you mean " + *near + "?"
              : "unknown key; expected one of " + join(paths, ", ");
}

}  // namespace

SpecKeySearch find_spec_key(const NetworkSpec& spec, const std::string& path) {
  const std::vector<Candidate> candidates = candidates_of(spec);
  const auto found = std::find_if(candidates.begin(), candidates.end(),
                                  [&](const Candidate& candidate) { return candidate.path == path; });
  if (found == candidates.end()) return {std::nullopt, unknown_path(candidates, path)};
  if (!found->key.info.may_vary)
    return {std::nullopt, "cannot vary: it is the same for all networks of a study"};
  return {found->key, ""};
}

std::string vary_path(const ExperimentSpec& experiment, const std::string& path) {
  return "experiment." + experiment.name + ".vary." + key_text(path);
}

}  // namespace cplae::study
