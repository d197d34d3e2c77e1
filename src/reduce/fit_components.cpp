#include <numeric>

#include "cplae/reduce/frame.hpp"
#include "cplae/stats/gmm.hpp"
#include "mixture_record.hpp"
#include "parts.hpp"

namespace cplae::reduce {

namespace {

/// Latents of the first modality's training cells. [cells x latent]
MatrixD training_latents(const data::Modality& modality, const store::NetworkUnit& network) {
  std::vector<Eigen::Index> cells;
  for (std::size_t cell = 0; cell < network.split.size(); ++cell)
    if (network.split[cell] == data::Role::train && modality.present[cell] != 0)
      cells.push_back(static_cast<Eigen::Index>(cell));
  return network.result.latents.front()(cells, Eigen::all).cast<double>();
}

}  // namespace

void fit_components(const Context& context, const StatisticsUnit& unit, const store::NetworkUnit& network,
                    Record& record) {
  const MatrixD values = training_latents(context.data.modalities.front(), network);
  stats::MixtureOptions options;
  options.components = static_cast<std::size_t>(unit.components);
  options.starts = static_cast<std::size_t>(context.study.experiments[unit.experiment].starts);
  options.stop = context.stop;
  const stats::MixtureFit fit = stats::fit_mixture(values, options, network.key);
  const auto log_likelihood = stats::log_likelihood(fit.best.mixture, values);
  const double mean =
      std::accumulate(log_likelihood.begin(), log_likelihood.end(), 0.0) / static_cast<double>(values.rows());
  put(record, "bic",
      Frame({{"components", std::vector<std::int64_t>{unit.components}},
             {"bic", std::vector<double>{stats::bic(fit.best.mixture, values)}},
             {"log_likelihood", std::vector<double>{mean}},
             {"n_cells", std::vector<std::int64_t>{values.rows()}},
             {"failed_starts", std::vector<std::int64_t>{static_cast<std::int64_t>(fit.failed_starts)}},
             {"iterations", std::vector<std::int64_t>{static_cast<std::int64_t>(fit.total_iterations)}}}));
  put(record, fit.best.mixture);
}

}  // namespace cplae::reduce
