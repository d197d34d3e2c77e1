#include "cplae/stats/classify.hpp"

#include <limits>
#include <map>

#include "cplae/core/error.hpp"

namespace cplae::stats {

namespace {

struct ClassCount {
  std::size_t all = 0;
  std::size_t training = 0;
};

std::map<std::string, ClassCount> count_classes(const ClassificationInput& input) {
  std::map<std::string, ClassCount> counts;
  for (std::size_t cell = 0; cell < input.class_names.size(); ++cell) {
    if (input.class_names[cell].empty() || input.roles[cell] == CellRole::left_out) continue;
    ClassCount& count = counts[input.class_names[cell]];
    ++count.all;
    if (input.roles[cell] == CellRole::train) ++count.training;
  }
  return counts;
}

/// The cells of one role whose class is fitted, and that class.
struct Part {
  std::vector<Eigen::Index> cells;
  std::vector<std::int64_t> classes;
};

Part take(const ClassificationInput& input, const std::map<std::string, std::int64_t>& fitted,
          CellRole role) {
  Part part;
  for (std::size_t cell = 0; cell < input.class_names.size(); ++cell) {
    const auto own = fitted.find(input.class_names[cell]);
    if (own == fitted.end() || input.roles[cell] != role) continue;
    part.cells.push_back(static_cast<Eigen::Index>(cell));
    part.classes.push_back(own->second);
  }
  return part;
}

/// Which classes take part, each with its number.
struct TakingPart {
  std::size_t n_classes = 0;  ///< of at least `least_cells`
  std::map<std::string, std::int64_t> fitted;
};

TakingPart taking_part(const ClassificationInput& input, const ClassRules& rules) {
  TakingPart classes;
  for (const auto& [name, count] : count_classes(input)) {
    if (count.all < rules.least_cells) continue;
    ++classes.n_classes;
    if (count.training >= rules.least_training_cells)
      classes.fitted.emplace(name, static_cast<std::int64_t>(classes.fitted.size()));
  }
  return classes;
}

Qda fit(const ClassificationInput& input, const TakingPart& classes, const ClassRules& rules) {
  const Part training = take(input, classes.fitted, CellRole::train);
  return Qda::fit(input.latents(training.cells, Eigen::all), training.classes, rules.qda);
}

void require_same_sizes(const ClassificationInput& input) {
  const auto cells = static_cast<std::size_t>(input.latents.rows());
  if (input.class_names.size() == cells && input.roles.size() == cells) return;
  throw NumericError("classification: " + std::to_string(cells) + " latents, " +
                     std::to_string(input.class_names.size()) + " labels and " +
                     std::to_string(input.roles.size()) + " roles, expected as many of each");
}

}  // namespace

std::optional<FittedClasses> fit_classes(const ClassificationInput& input, const ClassRules& rules) {
  require_same_sizes(input);
  const TakingPart classes = taking_part(input, rules);
  if (classes.fitted.size() < 2) return std::nullopt;
  FittedClasses result{{}, fit(input, classes, rules)};
  for (const auto& [name, number] : classes.fitted)
    result.names.push_back(name);
  return result;
}

Classification classify_accuracy(const ClassificationInput& input, const ClassRules& rules) {
  require_same_sizes(input);
  const TakingPart classes = taking_part(input, rules);
  const Part validation = take(input, classes.fitted, CellRole::validation);
  Classification result{.n_classes = classes.n_classes,
                        .n_fitted = classes.fitted.size(),
                        .n_cells = validation.cells.size(),
                        .accuracy = std::numeric_limits<double>::quiet_NaN()};
  if (classes.fitted.size() < 2 || validation.cells.empty()) return result;
  const auto predicted = fit(input, classes, rules).predict(input.latents(validation.cells, Eigen::all));
  std::size_t hits = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i)
    hits += predicted[i] == validation.classes[i] ? 1U : 0U;
  result.accuracy = static_cast<double>(hits) / static_cast<double>(predicted.size());
  return result;
}

}  // namespace cplae::stats
