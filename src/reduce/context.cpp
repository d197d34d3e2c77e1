#include "cplae/reduce/context.hpp"

#include <algorithm>
#include <set>

#include "cplae/core/error.hpp"
#include "cplae/study/supervision.hpp"

namespace cplae::reduce {

namespace {

std::size_t count_classes(const std::vector<std::string>& labels) {
  std::set<std::string> classes(labels.begin(), labels.end());
  classes.erase("");
  return classes.size();
}

LabelScheme as_it_stands(const std::string& column, std::vector<std::string> labels) {
  const std::size_t classes = count_classes(labels);
  return {.label = column, .n_classes = classes, .class_of_cell = std::move(labels)};
}

LabelScheme merged(const data::Taxonomy& taxonomy, const LabelScheme& leaves, std::size_t classes) {
  std::set<std::string> types(leaves.class_of_cell.begin(), leaves.class_of_cell.end());
  // Stray types that the tree lacks (check_against has named them) belong to no class of a merged resolution.
  std::erase_if(types, [&](const std::string& type) { return !taxonomy.has_leaf(type); });
  const auto class_of_type = taxonomy.merge({types.begin(), types.end()}, classes);
  std::vector<std::string> class_of_cell;
  for (const auto& label : leaves.class_of_cell) {
    const auto found = class_of_type.find(label);
    class_of_cell.push_back(found == class_of_type.end() ? "" : found->second);
  }
  LabelScheme scheme = as_it_stands(leaves.label, std::move(class_of_cell));
  scheme.is_cut = true;
  return scheme;
}

std::vector<LabelScheme> schemes_of(const study::ExperimentSpec& experiment, const study::LabelsSpec& labels,
                                    const data::Dataset& dataset, const std::vector<std::string>& leaf_labels,
                                    const std::optional<data::Taxonomy>& taxonomy) {
  std::vector<LabelScheme> schemes;
  if (labels.column.empty()) return schemes;
  schemes.push_back(as_it_stands(labels.column, leaf_labels));
  for (const auto& column : labels.also)
    schemes.push_back(as_it_stands(column, study::column_labels(dataset, column)));
  if (!taxonomy) return schemes;
  const LabelScheme leaves = schemes.front();
  std::set<std::size_t> done{leaves.n_classes};
  for (const std::int64_t classes : experiment.classes) {
    LabelScheme scheme = merged(*taxonomy, leaves, static_cast<std::size_t>(classes));
    // Two requests may come to the same cut of the tree, e.g. where more classes are asked for than there are
    // types.
    if (done.insert(scheme.n_classes).second) schemes.push_back(std::move(scheme));
  }
  return schemes;
}

}  // namespace

Context make_context(study::Study study, data::Dataset dataset) {
  Context context;
  study::adopt_names(study, dataset);
  context.unused_cells = study::keep_used_cells(study, dataset);
  study::check_against(study, dataset);
  context.plan = study::make_plan(study);
  context.data = study::prepare(study, dataset);
  context.cells = dataset.cells;
  context.labels = study::stratification_labels(study, dataset);
  context.taxonomy = study::taxonomy_of(study, dataset);
  if (study::has_supervision(study, context.plan))
    context.data.types = study::types_of(study, dataset, context.taxonomy);
  for (const auto& experiment : study.experiments)
    context.schemes.push_back(
        schemes_of(experiment, study.labels, dataset, context.labels, context.taxonomy));
  context.panels = study::panels_of(study, dataset);
  context.study = std::move(study);
  return context;
}

void heed_stop(const Context& context) {
  if (context.stop && context.stop()) throw Stopped("statistics stopped");
}

}  // namespace cplae::reduce
