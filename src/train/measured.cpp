#include "train/measured.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "cplae/study/feature_counts.hpp"
#include "cplae/study/supervision.hpp"

namespace cplae::train {

namespace {

/// The slots of one layout out of the buffer of another, which has slots of these names and more.
std::vector<float> picked(const std::vector<float>& all, const model::Layout& from,
                          const std::vector<model::TensorSlot>& slots, std::size_t floats) {
  std::vector<float> values(floats, 0.0F);
  for (const auto& slot : slots) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from.slot(slot.name).offset);
    std::copy_n(begin, slot.rows * slot.columns, values.begin() + static_cast<std::ptrdiff_t>(slot.offset));
  }
  return values;
}

/// The columns of a loss history that have these names.
MatrixF picked(const MatrixF& losses, const std::vector<std::string>& from,
               const std::vector<std::string>& names) {
  MatrixF kept(losses.rows(), static_cast<Eigen::Index>(names.size()));
  for (std::size_t column = 0; column < names.size(); ++column)
    kept.col(static_cast<Eigen::Index>(column)) =
        losses.col(std::find(from.begin(), from.end(), names[column]) - from.begin());
  return kept;
}

}  // namespace

std::vector<double> judged(const study::NetworkSpec& spec, std::vector<double> terms) {
  if (!study::is_taught(spec)) return terms;
  const auto names = loss_names(spec);
  const auto kept = loss_names(study::measured(spec));
  // Behind "step" and as many training terms come the validation's, of which the first is the total.
  terms.front() = 0;
  for (std::size_t t = 1; t < terms.size(); ++t)
    if (std::find(kept.begin(), kept.end(), names[1 + terms.size() + t]) != kept.end())
      terms.front() += terms[t];
  return terms;
}

Result without_types(const Task& task, Result result) {
  if (!study::is_taught(task.spec)) return result;
  const study::NetworkSpec spec = study::measured(task.spec);
  auto features = study::feature_counts(task.spec, task.data);
  const model::Layout from = model::make_layout(task.spec, features);
  features.resize(spec.modalities.size());
  const model::Layout to = model::make_layout(spec, features);
  result.weights = {picked(result.weights.parameters, from, to.parameters, to.parameter_floats),
                    picked(result.weights.moving, from, to.moving, to.moving_floats)};
  result.latents.resize(spec.modalities.size());
  result.losses = picked(result.losses, loss_names(task.spec), loss_names(spec));
  return result;
}

}  // namespace cplae::train
