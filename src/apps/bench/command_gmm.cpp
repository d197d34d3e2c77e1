#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <numeric>

#include "apps/bench/bench_commands.hpp"
#include "apps/bench/line.hpp"
#include "apps/bench/number_table.hpp"
#include "apps/bench/peak.hpp"
#include "apps/inputs.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/random.hpp"
#include "cplae/core/stopwatch.hpp"
#include "cplae/stats/gmm.hpp"

namespace cplae::apps::bench {

namespace {

constexpr const char* gmm_notes =
    R"(Fits Gaussian mixtures as a run does (full covariances, tolerance 1e-6, 1e-4 on the
diagonals) to a table of numbers, or to cells simulated in memory, and prints one line for
each number of components: time and likelihood. One process, one core.

Examples:
  cplae bench gmm --input X.csv --components 33 --starts 50 --json
  cplae bench gmm --cells 2729 --dim 3 --clusters 60 --components 15,30,45 --starts 10)";

struct GmmArguments {
  std::string input;
  std::size_t cells = 2729;
  std::size_t dim = 3;
  std::size_t clusters = 60;
  std::vector<std::int64_t> components{33};
  std::size_t starts = 50;
  std::int64_t repeats = 1;
  std::uint64_t seed = 0;
  bool json = false;
};

/// Random numbers of a mixture are told apart by its components, which a stream's address has 16 bits for.
constexpr std::int64_t most_components = 65535;

void check(const GmmArguments& options) {
  require_at_least("--cells", options.cells, 2);
  require_at_least("--dim", options.dim, 1);
  require_at_least("--clusters", options.clusters, 1);
  require_all_at_least("--components", options.components, 1);
  require_at_least("--starts", options.starts, 1);
  require_at_least("--repeats", options.repeats, 1);
  if (!options.input.empty()) require_file(options.input, "table");
}

/// Round clusters whose centres have SD 1 and whose cells scatter so far that clusters overlap in any number
/// of dimensions, as latents do: else a fit is over after a few iterations. [cells x dim]
MatrixD simulated(const GmmArguments& options) {
  const auto draw = [&](std::uint32_t index, std::size_t rows) {
    std::vector<float> values(rows * options.dim);
    RandomStream(make_key(options.seed, "bench,gmm,cells"), {.purpose = Purpose::simulation, .index = index})
        .fill_normal(values);
    return values;
  };
  const auto centres = draw(0, options.clusters);
  const auto scatter = draw(1, options.cells);
  const double reach = 0.2 * std::sqrt(static_cast<double>(options.dim));
  MatrixD values(static_cast<Eigen::Index>(options.cells), static_cast<Eigen::Index>(options.dim));
  for (std::size_t cell = 0; cell < options.cells; ++cell)
    for (std::size_t d = 0; d < options.dim; ++d)
      values(static_cast<Eigen::Index>(cell), static_cast<Eigen::Index>(d)) =
          static_cast<double>(centres[cell % options.clusters * options.dim + d]) +
          reach * static_cast<double>(scatter[cell * options.dim + d]);
  return values;
}

/// Operations of one cell and component in one iteration. E step: difference, whitening by a triangle,
/// square; an exponential and its part of the sums, counted as 30. M step: weight, mean, triangle of the
/// covariance.
double operations(double dim) {
  const double expectation = dim + dim * (dim + 1) + 2 * dim + 30;
  const double maximisation = 1 + 2 * dim + dim + dim * (dim + 1);
  return expectation + maximisation;
}

struct Fitted {
  stats::MixtureFit fit;
  std::vector<double> seconds;  ///< [repeats]
};

class GmmBench {
public:
  explicit GmmBench(const GmmArguments& options)
      : options_(options), values_(options.input.empty() ? simulated(options) : read_numbers(options.input)) {
    for (const std::int64_t components : options.components)
      if (components > values_.rows() || components > most_components)
        throw UsageError("--components: found " + std::to_string(components) + ", expected at most the " +
                         std::to_string(values_.rows()) + " cells, and at most " +
                         std::to_string(most_components));
  }

  ExitCode run() {
    for (const std::int64_t components : options_.components) {
      const CorePeak peak = measure_core_peak();
      print(components, fit(components), peak);
    }
    return ExitCode::done;
  }

private:
  Fitted fit(std::int64_t components) const {
    stats::MixtureOptions options;
    options.components = static_cast<std::size_t>(components);
    options.starts = options_.starts;
    Fitted fitted;
    for (std::int64_t repeat = 0; repeat < options_.repeats; ++repeat) {
      const Stopwatch clock;
      fitted.fit = stats::fit_mixture(values_, options, make_key(options_.seed, "bench,gmm"));
      fitted.seconds.push_back(clock.seconds());
    }
    return fitted;
  }

  /// What a fit comes to for one cell, component and iteration, and for one cell.
  struct Rates {
    Spread seconds;
    double nanoseconds = 0;
    double floor = 0;  ///< nanoseconds at the core's peak
    double log_likelihood = 0;
  };
  Rates rates_of(std::int64_t components, const Fitted& fitted, const CorePeak& peak) const {
    const Spread seconds = spread_of(fitted.seconds);
    const auto cells = static_cast<double>(values_.rows());
    const double updates =
        cells * static_cast<double>(components) * static_cast<double>(fitted.fit.total_iterations);
    const auto each = stats::log_likelihood(fitted.fit.best.mixture, values_);
    return {.seconds = seconds,
            .nanoseconds = 1e9 * seconds.best / updates,
            .floor = operations(static_cast<double>(values_.cols())) / peak.double_gflops,
            .log_likelihood = std::accumulate(each.begin(), each.end(), 0.0) / cells};
  }

  void print(std::int64_t components, const Fitted& fitted, const CorePeak& peak) const {
    const Rates rates = rates_of(components, fitted, peak);
    if (options_.json)
      std::cout << line_of(components, fitted, rates).number("peak_gflops", peak.double_gflops).json()
                << std::endl;
    else
      print_text(components, fitted, rates);
  }

  void print_text(std::int64_t components, const Fitted& fitted, const Rates& rates) const {
    std::printf(
        "gmm %lld components, %zu starts, %lld x %lld: %.3g s, %zu iterations, %.3g ns a cell, component and "
        "iteration (floor %.3g), log-likelihood %.6f a cell, %zu starts failed\n",
        static_cast<long long>(components), options_.starts, static_cast<long long>(values_.rows()),
        static_cast<long long>(values_.cols()), rates.seconds.best, fitted.fit.total_iterations,
        rates.nanoseconds, rates.floor, rates.log_likelihood, fitted.fit.failed_starts);
    std::fflush(stdout);
  }

  Line line_of(std::int64_t components, const Fitted& fitted, const Rates& rates) const {
    Line line("gmm");
    line.text("device", "cpu")
        .text("device_name", processor_name())
        .integer("threads", 1)
        .integer("ranks", 1)
        .text("source", options_.input.empty() ? "simulated" : "input")
        .integer("components", components)
        .count("starts", options_.starts)
        .integer("cells", values_.rows())
        .integer("dim", values_.cols())
        .count("iterations", fitted.fit.total_iterations)
        .count("failed_starts", fitted.fit.failed_starts)
        .integer("repeats", options_.repeats)
        .number("seconds", rates.seconds.best)
        .number("seconds_median", rates.seconds.median)
        .number("ns_per_cell_component_iteration", rates.nanoseconds)
        .number("floor_ns_per_cell_component_iteration", rates.floor)
        .number("fraction_of_floor", rates.floor / rates.nanoseconds)
        .number("log_likelihood_per_cell", rates.log_likelihood)
        .number("bic", stats::bic(fitted.fit.best.mixture, values_));
    return line;
  }

  const GmmArguments& options_;
  MatrixD values_;
};

ExitCode run_gmm(const GmmArguments& options) {
  check(options);
  return GmmBench(options).run();
}

}  // namespace

Command add_gmm(CLI::App& parent) {
  const auto options = std::make_shared<GmmArguments>();
  CLI::App* command = parent.add_subcommand("gmm", "fits of Gaussian mixtures");
  command->add_option("--input", options->input, "a CSV of numbers, a cell a row; a header is skipped")
      ->type_name("FILE");
  command->add_option("--cells", options->cells, "simulated cells, without --input (default 2729)")
      ->type_name("N");
  command->add_option("--dim", options->dim, "their dimensions (default 3)")->type_name("D");
  command->add_option("--clusters", options->clusters, "clusters they are drawn from (default 60)")
      ->type_name("C");
  command->add_option("--components", options->components, "of the mixtures, one line each (default 33)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("K,...");
  command->add_option("--starts", options->starts, "k-means starts of each fit (default 50)")->type_name("N");
  command->add_option("--repeats", options->repeats, "times a fit is timed; the best counts (default 1)")
      ->type_name("R");
  command->add_option("--seed", options->seed, "of the starts and the simulated cells (default 0)")
      ->type_name("NUMBER");
  command->add_flag("--json", options->json, "one JSON object a line");
  command->footer(gmm_notes);
  return {command, SerialTask([options] { return run_gmm(*options); })};
}

}  // namespace cplae::apps::bench
