#include <string>
#include <utility>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/random.hpp"
#include "cplae/stats/gmm.hpp"
#include "cplae/stats/kmeans.hpp"
#include "em.hpp"

namespace cplae::stats {

namespace {

void require_enough_cells(const MatrixD& values, const MixtureOptions& options) {
  const auto cells = static_cast<std::size_t>(values.rows());
  if (options.components >= 1 && options.components <= cells && options.starts >= 1 && values.cols() >= 1)
    return;
  throw NumericError("mixture: " + std::to_string(options.components) + " components from " +
                     std::to_string(options.starts) + " starts on " + std::to_string(cells) + " cells x " +
                     std::to_string(values.cols()) +
                     " dimensions, expected 1 to as many components as cells, and a start");
}

/// Component to take out, component to split, direction of the split: numbers 0, 1 and 2 to dim + 1 of the
/// stream.
ComponentSwap draw_swap(const MixtureParameters& mixture, const RandomStream& random) {
  ComponentSwap swap;
  swap.removed = static_cast<std::size_t>(random.below(mixture.components, 0));
  swap.split = static_cast<std::size_t>(random.below(mixture.components - 1, 1));
  if (swap.split >= swap.removed) ++swap.split;
  for (std::size_t j = 0; j < mixture.dim; ++j)
    swap.direction.push_back(2 * random.uniform_double(2 + j) - 1);
  return swap;
}

/// The starts of one fit, one after the other, and the swaps tried on the best of them.
class Fitter {
public:
  Fitter(const MatrixD& values, const MixtureOptions& options, NetworkKey key)
      : values_(values),
        options_(options),
        key_(key),
        em_(values, options.components, options),
        best_(options.components, static_cast<std::size_t>(values.cols())) {}

  MixtureFit fit() {
    for (std::size_t start = 0; start < options_.starts; ++start) {
      run_start(start);
      for (std::size_t number = 1; number <= options_.swaps && options_.components > 1 && found_; ++number)
        try_swap(start, number);
    }
    if (found_) return std::move(fit_);
    throw NumericError("mixture of " + std::to_string(options_.components) + " components: all " +
                       std::to_string(options_.starts) + " starts failed; the last: " + failure_);
  }

private:
  [[nodiscard]] RandomStream stream(std::uint64_t step) const {
    return {key_,
            {.purpose = Purpose::mixture,
             .index = static_cast<std::uint32_t>(options_.components),
             .step = step}};
  }

  void run_start(std::size_t start) {
    ask_stop(options_);
    try {
      const KMeans partition = k_means(values_, {.clusters = options_.components}, stream(start));
      MixtureRun run = em_.run(partition.labels);
      fit_.total_iterations += run.iterations;
      if (found_ && run.lower_bound <= fit_.best.lower_bound) return;
      fit_.best_start = start;
      keep(std::move(run));
    } catch (const NumericError& error) {
      ++fit_.failed_starts;
      failure_ = error.what();
    }
  }

  void try_swap(std::size_t start, std::size_t number) {
    ask_stop(options_);
    const RandomStream random = stream(start + (static_cast<std::uint64_t>(number) << 32U));
    try {
      const double to_beat = fit_.best.lower_bound + options_.tolerance;
      MixtureRun run = em_.run(best_, draw_swap(best_, random), to_beat);
      fit_.total_iterations += run.iterations;
      if (run.lower_bound <= to_beat) return;
      ++fit_.kept_swaps;
      keep(std::move(run));
    } catch (const NumericError&) {
      // A singular swap is one that does not help.
    }
  }

  void keep(MixtureRun run) {
    fit_.best = std::move(run);
    best_ = em_.parameters();
    found_ = true;
  }

  const MatrixD& values_;
  const MixtureOptions& options_;
  NetworkKey key_;
  Em em_;
  MixtureFit fit_;
  MixtureParameters best_;  // of fit_.best
  bool found_ = false;
  std::string failure_;
};

}  // namespace

MixtureFit fit_mixture(const MatrixD& values, const MixtureOptions& options, NetworkKey key) {
  require_enough_cells(values, options);
  require_usable(values, "mixture");
  return Fitter(values, options, key).fit();
}

}  // namespace cplae::stats
