#include "check_study.hpp"

#include <algorithm>
#include <set>

#include "cplae/core/text.hpp"
#include "fields.hpp"

namespace cplae::study {

namespace {

template <class Owner>
void check_fields(const std::vector<Field<Owner>>& fields, const Owner& owner, const std::string& path) {
  for (const auto& field : fields)
    static_cast<void>(checked(field, field.get(owner), path + "." + field.key));
}

/// At least one element, each name once.
template <class Element>
void check_names(const std::vector<Element>& elements, const std::string& section) {
  if (elements.empty()) refuse({"", section, "found none, expected at least one [[" + section + "]]"});
  std::set<std::string> names;
  for (const auto& element : elements)
    if (!names.insert(element.name).second)
      refuse({"", section + "." + element.name, "two of this name, expected different names"});
}

template <class Element>
void check_unique(const std::vector<Element>& values, const Node& shown, const std::string& path) {
  if (std::set<Element>(values.begin(), values.end()).size() != values.size())
    refuse({"", path, "found a value twice in " + toml_text(shown) + ", expected different ones"});
}

Node shown_list(const std::vector<std::int64_t>& values) {
  List list;
  for (const auto value : values)
    list.push_back({value, ""});
  return {list, ""};
}

void check_sources(const std::vector<ModalitySpec>& modalities) {
  std::set<std::string> sources;
  for (const auto& modality : modalities)
    if (!sources.insert(source_name(modality)).second)
      refuse({"", "modality." + modality.name + ".source",
              "found " + quoted(source_name(modality)) + ", which is another modality's too"});
}

void check_labels(const LabelsSpec& labels) {
  std::set<std::string> columns{labels.column};
  for (const auto& column : labels.also)
    if (!columns.insert(column).second)
      refuse(
          {"", "labels.also", "found column " + quoted(column) + " twice, expected each label column once"});
  if (!labels.column.empty()) return;
  if (!labels.taxonomy.empty())
    refuse({"", "labels.taxonomy", "found " + quoted(labels.taxonomy) + " without labels.column"});
  if (!labels.also.empty()) refuse({"", "labels.also", "found columns without labels.column"});
}

void check_components(const ExperimentSpec& experiment, const std::string& path) {
  const auto& c = experiment.components;
  if (c.empty() || (c.size() == 2 && c[0] <= c[1])) return;
  refuse({"", path + ".components",
          "found " + toml_text(shown_list(c)) + ", expected [first, last], first <= last"});
}

void check_methods(const Study& study, const ExperimentSpec& experiment, const std::string& path) {
  if (experiment.baselines.empty()) return;
  if (study.base.modalities.size() < 2) refuse({"", path, "found one modality, expected at least two"});
  const auto& known = baseline_methods();
  for (const auto& method : experiment.baselines)
    if (std::find(known.begin(), known.end(), method) == known.end())
      refuse({"", path, "found " + quoted(method) + ", expected " + join(known, ", ")});
  for (const auto& method : known)
    if (std::count(experiment.baselines.begin(), experiment.baselines.end(), method) > 1)
      refuse({"", path, "found " + quoted(method) + " twice, expected each baseline once"});
}

/// Keys of the experiment's kind hold what they may, those of other kinds nothing.
void check_kind(const ExperimentSpec& experiment, const std::string& path) {
  const ExperimentSpec defaults;
  for (const auto& field : experiment_fields()) {
    if (!field.get) continue;
    const Node value = field.get(experiment);
    if (belongs_to(field, experiment.kind))
      static_cast<void>(checked(field, value, path + "." + field.key));
    else if (toml_text(value) != toml_text(field.get(defaults)))
      refuse({"", path + "." + field.key, wrong_kind_text(field, experiment.kind)});
  }
}

void check_experiment(const Study& study, const ExperimentSpec& experiment) {
  const std::string path = "experiment." + experiment.name;
  check_kind(experiment, path);
  check_components(experiment, path);
  check_unique(experiment.classes, shown_list(experiment.classes), path + ".classes");
  if (!experiment.classes.empty() && study.labels.taxonomy.empty())
    refuse({"", path + ".classes", "found resolutions of a taxonomy without labels.taxonomy"});
  check_methods(study, experiment, path + ".baselines");
  if (experiment.pc_cca.empty()) return;
  if (study.base.modalities.size() < 2)
    refuse({"", path + ".pc_cca", "found one modality, expected at least two"});
  List shown;
  for (const auto& pair : experiment.pc_cca)
    shown.push_back(shown_list(pair));
  check_unique(experiment.pc_cca, {shown, ""}, path + ".pc_cca");
}

std::string in_variant(const Variant& variant) {
  return " (variant " + variant.id + ")";
}

/// Keys of one network that must fit one another.
void check_variant(const Study& study, const Variant& variant) {
  const TrainingSpec& training = variant.spec.training;
  if (training.validate_every > training.steps)
    refuse({"", "training.validate_every",
            "found " + std::to_string(training.validate_every) + ", expected at most training.steps = " +
                std::to_string(training.steps) + in_variant(variant)});
  if (training.warm_up > training.steps)
    refuse({"", "training.warm_up",
            "found " + std::to_string(training.warm_up) + ", expected at most training.steps = " +
                std::to_string(training.steps) + in_variant(variant)});
  if (training.patience > 0 && training.keep_best_after > training.steps)
    refuse({"", "training.patience",
            "found " + std::to_string(training.patience) + " where the last network is kept " +
                "(keep_best_after = " + std::to_string(training.keep_best_after) + " lies beyond steps = " +
                std::to_string(training.steps) + "), expected 0" + in_variant(variant)});
  const bool has_pairs =
      variant.spec.modalities.size() > 1 || (training.supervision > 0 && !study.labels.column.empty());
  const bool coupled = has_pairs && variant.spec.coupling.lambda > 0;
  if (coupled && training.batch < training.latent_dim + 2)
    refuse({"", "training.batch",
            "found " + std::to_string(training.batch) +
                ", expected at least training.latent_dim + 2 = " + std::to_string(training.latent_dim + 2) +
                " for latents to be coupled" + in_variant(variant)});
}

void check_baselines(const ExperimentSpec& experiment, const Variant& variant) {
  for (const auto& pair : experiment.pc_cca) {
    const std::int64_t fewest = *std::min_element(pair.begin(), pair.end());
    if (fewest < variant.spec.training.latent_dim)
      refuse({"", "experiment." + experiment.name + ".pc_cca",
              "found " + toml_text(shown_list(pair)) + ", expected at least training.latent_dim = " +
                  std::to_string(variant.spec.training.latent_dim) + " components of each" +
                  in_variant(variant)});
  }
}

/// What decides a split has to be the same in both.
void check_split(const Study& study, std::size_t number) {
  const ExperimentSpec& experiment = study.experiments[number];
  if (experiment.split.empty()) return;
  const std::string path = "experiment." + experiment.name + ".split";
  const ExperimentSpec& owner = study.experiments[split_owner(study, number)];
  const std::string found = "found " + quoted(experiment.split) + ", ";
  if (&owner == &experiment) refuse({"", path, found + "expected another experiment"});
  if (!owner.split.empty())
    refuse({"", path, found + "which has the splits of " + quoted(owner.split) + ", expected that one"});
  const bool folded = experiment.kind == ExperimentKind::kfold;
  if (folded != (owner.kind == ExperimentKind::kfold))
    refuse({"", path,
            found + "of kind " + kind_text(owner.kind) + ", which has no splits for kind " +
                kind_text(experiment.kind)});
  if (folded && experiment.folds != owner.folds)
    refuse({"", path,
            found + "which has " + std::to_string(owner.folds) + " folds, expected " +
                std::to_string(experiment.folds)});
  if (!folded && experiment.test_fraction != owner.test_fraction)
    refuse({"", path,
            found + "whose test_fraction is " + number_text(owner.test_fraction) + ", expected " +
                number_text(experiment.test_fraction)});
}

/// The others are compared with a variant of their own experiment, or of the one whose folds they share.
void check_reference(const Plan& plan, const Study& study, std::size_t number) {
  const ExperimentSpec& experiment = study.experiments[number];
  if (experiment.reference.empty()) return;
  const std::string path = "experiment." + experiment.name + ".reference";
  std::vector<std::string> ids;
  for (const auto& variant : plan.variants)
    if (variant.experiment == number || variant.experiment == split_owner(study, number))
      for (const auto& id : {variant.id, variant.ensemble})
        if (!id.empty() && std::find(ids.begin(), ids.end(), quoted(id)) == ids.end())
          ids.push_back(quoted(id));
  if (std::find(ids.begin(), ids.end(), quoted(experiment.reference)) == ids.end())
    refuse({"", path, "found " + quoted(experiment.reference) + ", expected a variant: " + join(ids, ", ")});
}

}  // namespace

Plan check_study(const Study& study) {
  check_fields(study_fields(), study, "study");
  check_names(study.base.modalities, "modality");
  check_sources(study.base.modalities);
  for (const auto& modality : study.base.modalities)
    check_fields(modality_fields(), modality, "modality." + modality.name);
  check_fields(coupling_fields(), study.base.coupling, "coupling");
  check_fields(training_fields(), study.base.training, "training");
  check_fields(labels_fields(), study.labels, "labels");
  check_labels(study.labels);
  check_names(study.experiments, "experiment");
  for (const auto& experiment : study.experiments)
    check_experiment(study, experiment);
  Plan plan = make_plan(study);
  for (const auto& variant : plan.variants) {
    check_variant(study, variant);
    check_baselines(study.experiments.at(variant.experiment), variant);
  }
  for (std::size_t e = 0; e < study.experiments.size(); ++e) {
    check_split(study, e);
    check_reference(plan, study, e);
  }
  return plan;
}

}  // namespace cplae::study
