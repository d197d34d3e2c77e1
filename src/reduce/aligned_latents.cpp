#include "aligned_latents.hpp"

#include <limits>
#include <numeric>

#include "cplae/stats/procrustes.hpp"
#include "cplae/study/shared_space.hpp"
#include "scores.hpp"

namespace cplae::reduce {

namespace {

using Networks = std::vector<const store::NetworkUnit*>;

/// Latents of the training cells that have modality m, over one another for all modalities that the map is
/// fitted on.
MatrixD stacked(const Context& context, const store::NetworkUnit& network,
                const std::vector<std::size_t>& on) {
  MatrixD all(0, network.result.latents.front().cols());
  for (const std::size_t m : on) {
    const auto& modality = context.data.modalities[m];
    const auto cells = training_with(modality, modality, network.split);
    const Eigen::Index before = all.rows();
    all.conservativeResize(before + static_cast<Eigen::Index>(cells.size()), Eigen::NoChange);
    all.bottomRows(all.rows() - before) = network.result.latents[m](cells, Eigen::all).cast<double>();
  }
  return all;
}

std::vector<Eigen::Index> cells_with(const data::Modality& modality) {
  std::vector<Eigen::Index> cells;
  for (std::size_t cell = 0; cell < modality.present.size(); ++cell)
    if (modality.present[cell] != 0) cells.push_back(static_cast<Eigen::Index>(cell));
  return cells;
}

/// The maps fitted on the modalities `on`, the mean taken of modality m.
MatrixD average_of(const Context& context, std::size_t m, const std::vector<std::size_t>& on,
                   const Networks& networks) {
  const MatrixD first = stacked(context, *networks.front(), on);
  const auto cells = cells_with(context.data.modalities[m]);
  MatrixD mean = MatrixD::Zero(static_cast<Eigen::Index>(cells.size()), first.cols());
  for (const auto* network : networks) {
    const auto map =
        stats::OrthogonalMap::fit({stacked(context, *network, on), first}, stats::Centring::none);
    mean += map.apply(network->result.latents[m](cells, Eigen::all).cast<double>());
  }
  MatrixD all = MatrixD::Constant(static_cast<Eigen::Index>(networks.front()->split.size()), first.cols(),
                                  std::numeric_limits<double>::quiet_NaN());
  all(cells, Eigen::all) = mean / static_cast<double>(networks.size());
  return all;
}

}  // namespace

std::vector<MatrixD> aligned_latents(const Context& context, const study::NetworkSpec& spec,
                                     const Networks& networks) {
  std::vector<std::size_t> all(context.data.modalities.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const bool is_shared = study::share_space(spec);
  std::vector<MatrixD> averages;
  for (const std::size_t m : all) {
    heed_stop(context);
    averages.push_back(average_of(context, m, is_shared ? all : std::vector<std::size_t>{m}, networks));
  }
  return averages;
}

}  // namespace cplae::reduce
