#pragma once
// New cells that have the same ones of several modalities, and so are compared with the same training cells.
#include <cstddef>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/predict/predict.hpp"
#include "nearness.hpp"
#include "votes.hpp"

namespace cplae::predict {

struct Group {
  std::vector<std::size_t> modalities;  ///< in the study's order
  std::vector<Eigen::Index> cells;      ///< of the new ones, ascending
};

/// Groups by what the cells have. Every cell is in one, those without any of the modalities in none. Pure.
[[nodiscard]] std::vector<Group> groups_of(const std::vector<NewModality>& measured, std::size_t cells);

/// Types of one group and its distance from the training cells, one network after the other.
class GroupTypes {
public:
  GroupTypes(Group group, const PredictionInput& input);

  /// latents of all new cells. [cells x latent]
  void add(const study::Network& network, const MatrixD& latents);

  [[nodiscard]] const Group& group() const { return group_; }
  [[nodiscard]] std::string name() const;  ///< "T+M"
  /// [labels], each of the group's cells
  [[nodiscard]] std::vector<PredictedTypes> types() const;
  /// Quantiles of the group's cells.
  [[nodiscard]] std::vector<double> distances() &&;

private:
  Group group_;
  const PredictionInput& input_;
  std::vector<std::string> names_;  ///< of the group's modalities
  std::vector<Votes> votes_;        ///< [labels]
  PooledDistances distances_;
};

}  // namespace cplae::predict
