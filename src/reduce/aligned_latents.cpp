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
  std::vector<std::vector<Eigen::Index>> cells;
  Eigen::Index rows = 0;
  for (const std::size_t m : on) {
    cells.push_back(training_with(context.data.modalities[m], context.data.modalities[m], network.split));
    rows += static_cast<Eigen::Index>(cells.back().size());
  }
  MatrixD all(rows, network.result.latents.front().cols());
  Eigen::Index row = 0;
  for (std::size_t i = 0; i < on.size(); ++i) {
    const auto count = static_cast<Eigen::Index>(cells[i].size());
    all.middleRows(row, count) = network.result.latents[on[i]](cells[i], Eigen::all).cast<double>();
    row += count;
  }
  return all;
}

using Maps = std::vector<stats::OrthogonalMap>;

/// One for each network, fitted on the modalities `on`.
Maps maps_on(const Context& context, const std::vector<std::size_t>& on, const Networks& networks) {
  const MatrixD first = stacked(context, *networks.front(), on);
  Maps maps;
  for (const auto* network : networks) {
    heed_stop(context);
    maps.push_back(stats::OrthogonalMap::fit({stacked(context, *network, on), first}, stats::Centring::none));
  }
  return maps;
}

MatrixD average_of(const Context& context, std::size_t m, const Maps& maps, const Networks& networks) {
  const auto cells = data::present_cells(context.data.modalities[m]);
  const Eigen::Index dim = networks.front()->result.latents[m].cols();
  MatrixD mean = MatrixD::Zero(static_cast<Eigen::Index>(cells.size()), dim);
  for (std::size_t n = 0; n < networks.size(); ++n)
    mean += maps[n].apply(networks[n]->result.latents[m](cells, Eigen::all).cast<double>());
  MatrixD all = MatrixD::Constant(static_cast<Eigen::Index>(networks.front()->split.size()), dim,
                                  std::numeric_limits<double>::quiet_NaN());
  all(cells, Eigen::all) = mean / static_cast<double>(networks.size());
  return all;
}

}  // namespace

std::vector<MatrixD> aligned_latents(const Context& context, const study::NetworkSpec& spec,
                                     const Networks& networks) {
  std::vector<std::size_t> all(context.data.modalities.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  Maps shared;
  if (study::share_space(spec)) shared = maps_on(context, all, networks);
  std::vector<MatrixD> averages;
  averages.reserve(all.size());
  for (const std::size_t m : all)
    averages.push_back(
        average_of(context, m, shared.empty() ? maps_on(context, {m}, networks) : shared, networks));
  return averages;
}

}  // namespace cplae::reduce
