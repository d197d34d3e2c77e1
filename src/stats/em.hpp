#pragma once
#include <cstdint>
#include <span>

#include "cplae/stats/gmm.hpp"
#include "mixture_pass.hpp"

namespace cplae::stats {

/// Expectation-maximisation of mixtures of one size on one set of cells; scratch is kept between runs.
class Em {
public:
  /// Both are kept by reference. values: finite, [cells x dim].
  Em(const MatrixD& values, std::size_t components, const MixtureOptions& options);

  /// As run_em; with options.stop also throws Stopped.
  MixtureRun run(const MatrixD& responsibilities);
  /// The same where each cell starts in one component, given by its number. [cells]
  MixtureRun run(std::span<const std::int64_t> labels);
  /// From `from` with a component swapped. Given up, with a lower bound below `to_beat`, where it is too slow
  /// to get there.
  MixtureRun run(const MixtureParameters& from, const ComponentSwap& swap, double to_beat);

  /// Those that the last run has led to.
  [[nodiscard]] const MixtureParameters& parameters() const { return parameters_; }

private:
  MixtureRun iterate(double to_beat);
  const MatrixD& values_;
  const MixtureOptions& options_;
  MixturePass pass_;
  MixtureSums sums_;
  MixtureParameters parameters_;
};

/// Throws Stopped when options.stop says so.
void ask_stop(const MixtureOptions& options);

}  // namespace cplae::stats
