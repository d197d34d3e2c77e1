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
    if (input.class_names[cell].empty()) continue;
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

void require_same_sizes(const ClassificationInput& input) {
  const auto cells = static_cast<std::size_t>(input.latents.rows());
  if (input.class_names.size() == cells && input.roles.size() == cells) return;
  throw NumericError("classification: " + std::to_string(cells) + " latents, " +
                     std::to_string(input.class_names.size()) + " labels and " +
                     std::to_string(input.roles.size()) + " roles, expected as many of each");
}

}  // namespace

Classification classify_accuracy(const ClassificationInput& input, const ClassRules& rules) {
  require_same_sizes(input);
  Classification result;
  std::map<std::string, std::int64_t> fitted;
  for (const auto& [name, count] : count_classes(input)) {
    if (count.all < rules.least_cells) continue;
    ++result.n_classes;
    if (count.training >= rules.least_training_cells)
      fitted.emplace(name, static_cast<std::int64_t>(fitted.size()));
  }
  result.n_fitted = fitted.size();
  const Part training = take(input, fitted, CellRole::train);
  const Part validation = take(input, fitted, CellRole::validation);
  result.n_cells = validation.cells.size();
  result.accuracy = std::numeric_limits<double>::quiet_NaN();
  if (fitted.size() < 2 || validation.cells.empty()) return result;
  const Qda qda = Qda::fit(input.latents(training.cells, Eigen::all), training.classes, rules.qda);
  const auto predicted = qda.predict(input.latents(validation.cells, Eigen::all));
  std::size_t hits = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i)
    hits += predicted[i] == validation.classes[i] ? 1U : 0U;
  result.accuracy = static_cast<double>(hits) / static_cast<double>(predicted.size());
  return result;
}

}  // namespace cplae::stats
