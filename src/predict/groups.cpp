#include "groups.hpp"

#include <map>
#include <utility>

#include "cplae/core/text.hpp"
#include "trained_latents.hpp"

namespace cplae::predict {

std::vector<Group> groups_of(const std::vector<NewModality>& measured, std::size_t cells) {
  std::vector<std::vector<std::size_t>> had(cells);
  for (const auto& own : measured)
    for (const Eigen::Index cell : own.cells)
      had.at(static_cast<std::size_t>(cell)).push_back(own.modality);
  std::map<std::vector<std::size_t>, std::vector<Eigen::Index>> cells_with;
  for (std::size_t cell = 0; cell < cells; ++cell)
    if (!had[cell].empty()) cells_with[had[cell]].push_back(static_cast<Eigen::Index>(cell));
  std::vector<Group> groups;
  for (auto& [modalities, own] : cells_with)
    groups.push_back({modalities, std::move(own)});
  return groups;
}

GroupTypes::GroupTypes(Group group, const PredictionInput& input) : group_(std::move(group)), input_(input) {
  for (const std::size_t m : group_.modalities)
    names_.push_back(input.modalities[m].name);
  for (const auto& labels : input.labels)
    votes_.emplace_back(labels, group_.cells.size());
}

void GroupTypes::add(const study::Network& network, const MatrixD& latents) {
  const MatrixD own = latents(group_.cells, Eigen::all);
  const FittedCells fitted = fit_trained_latents(input_.results, network, names_, input_.labels);
  for (std::size_t l = 0; l < votes_.size(); ++l)
    if (fitted.classes[l]) votes_[l].add(*fitted.classes[l], own);
  distances_.add(fitted.distances(own), fitted.distances(fitted.held_out));
}

std::string GroupTypes::name() const {
  return join(names_, "+");
}

std::vector<PredictedTypes> GroupTypes::types() const {
  std::vector<PredictedTypes> types;
  for (const Votes& votes : votes_)
    types.push_back(votes.result());
  return types;
}

std::vector<double> GroupTypes::distances() && {
  return std::move(distances_).quantiles();
}

}  // namespace cplae::predict
