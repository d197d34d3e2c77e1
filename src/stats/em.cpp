#include "em.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::stats {

namespace {

constexpr std::size_t iterations_between_asking = 50;
constexpr double no_bound = -std::numeric_limits<double>::infinity();

/// A run that has more than so many iterations to go at the pace of its last one is given up. Of swaps of 33
/// components one in fifty is iterated to the end then, and half of those are kept.
constexpr double longest_way = 50;
constexpr std::size_t least_iterations = 3;

/// The floor of the covariances can make a bound fall a little: a run above `to_beat` is not hopeless then.
bool is_hopeless(const MixtureRun& run, double gain, double to_beat) {
  return run.iterations >= least_iterations && to_beat - run.lower_bound > longest_way * std::max(gain, 0.0);
}

}  // namespace

void ask_stop(const MixtureOptions& options) {
  if (options.stop && options.stop()) throw Stopped("mixtures: asked to stop");
}

Em::Em(const MatrixD& values, std::size_t components, const MixtureOptions& options)
    : values_(values),
      options_(options),
      pass_(values, components),
      sums_(pass_.make_sums()),
      parameters_(components, static_cast<std::size_t>(values.cols())) {}

MixtureRun Em::run(const MatrixD& responsibilities) {
  parameters_.maximise(values_, responsibilities, options_.covariance_floor);
  return iterate(no_bound);
}

MixtureRun Em::run(std::span<const std::int64_t> labels) {
  parameters_.maximise(values_, labels, options_.covariance_floor);
  return iterate(no_bound);
}

MixtureRun Em::run(const MixtureParameters& from, const ComponentSwap& swap, double to_beat) {
  parameters_ = from;
  parameters_.apply(swap);
  return iterate(to_beat);
}

MixtureRun Em::iterate(double to_beat) {
  MixtureRun result;
  result.lower_bound = no_bound;
  while (result.iterations < options_.max_iterations && !result.converged) {
    if (++result.iterations % iterations_between_asking == 0) ask_stop(options_);
    const double before = result.lower_bound;
    result.lower_bound = pass_.run(parameters_, sums_);
    if (!std::isfinite(result.lower_bound)) {
      throw NumericError("mixture: log-likelihood " + number_text(result.lower_bound) + " at iteration " +
                         std::to_string(result.iterations));
    }
    parameters_.maximise(sums_, options_.covariance_floor);
    const double gain = result.lower_bound - before;
    result.converged = std::abs(gain) < options_.tolerance;
    if (is_hopeless(result, gain, to_beat)) return result;
  }
  result.mixture = parameters_.mixture();
  return result;
}

MixtureRun run_em(const MatrixD& values, const MatrixD& responsibilities, const MixtureOptions& options) {
  if (responsibilities.rows() != values.rows() || values.size() == 0 || responsibilities.cols() == 0) {
    throw NumericError("mixture: responsibilities of " + std::to_string(responsibilities.rows()) +
                       " cells x " + std::to_string(responsibilities.cols()) + " components for values of " +
                       std::to_string(values.rows()) + " cells x " + std::to_string(values.cols()) +
                       " dimensions");
  }
  require_usable(values, "mixture");
  require_usable(responsibilities, "mixture, responsibilities");
  return Em(values, static_cast<std::size_t>(responsibilities.cols()), options).run(responsibilities);
}

}  // namespace cplae::stats
