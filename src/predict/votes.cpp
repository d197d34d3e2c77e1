#include "votes.hpp"

#include <limits>

namespace cplae::predict {

Votes::Votes(const TrainedLabels& labels, std::size_t cells) : label_(labels.name) {
  for (const auto& name : labels.class_of_cell)
    if (!name.empty()) place_.emplace(name, 0);
  for (auto& [name, place] : place_) {
    place = static_cast<Eigen::Index>(classes_.size());
    classes_.push_back(name);
  }
  votes_ = MatrixD::Zero(static_cast<Eigen::Index>(cells), static_cast<Eigen::Index>(classes_.size()));
  probabilities_ = votes_;
}

void Votes::add(const stats::FittedClasses& classes, const MatrixD& latents) {
  const MatrixD posterior = classes.qda.log_posterior(latents).array().exp();
  const auto voted = classes.qda.predict(latents);
  std::vector<Eigen::Index> place;
  for (const auto& name : classes.names)
    place.push_back(place_.at(name));
  for (Eigen::Index cell = 0; cell < latents.rows(); ++cell) {
    votes_(cell, place[static_cast<std::size_t>(voted[static_cast<std::size_t>(cell)])]) += 1;
    for (std::size_t c = 0; c < place.size(); ++c)
      probabilities_(cell, place[c]) += posterior(cell, static_cast<Eigen::Index>(c));
  }
  ++networks_;
}

Eigen::Index Votes::winner(Eigen::Index cell) const {
  Eigen::Index best = 0;
  for (Eigen::Index c = 1; c < votes_.cols(); ++c) {
    const bool is_more = votes_(cell, c) > votes_(cell, best);
    const bool is_likelier =
        votes_(cell, c) == votes_(cell, best) && probabilities_(cell, c) > probabilities_(cell, best);
    if (is_more || is_likelier) best = c;
  }
  return best;
}

PredictedTypes Votes::result() const {
  PredictedTypes types{
      .label = label_, .networks = networks_, .type = {}, .agreement = {}, .probability = {}};
  const auto count = static_cast<double>(networks_);
  for (Eigen::Index cell = 0; cell < votes_.rows(); ++cell) {
    if (networks_ == 0) {
      types.type.emplace_back();
      types.agreement.push_back(std::numeric_limits<double>::quiet_NaN());
      types.probability.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const Eigen::Index best = winner(cell);
    types.type.push_back(classes_[static_cast<std::size_t>(best)]);
    types.agreement.push_back(votes_(cell, best) / count);
    types.probability.push_back(probabilities_(cell, best) / count);
  }
  return types;
}

}  // namespace cplae::predict
