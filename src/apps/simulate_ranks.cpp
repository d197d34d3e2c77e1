#include "simulate_ranks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/bench/line.hpp"
#include "apps/bench/train_run.hpp"
#include "cplae/core/random.hpp"
#include "cplae/core/stopwatch.hpp"
#include "cplae/core/text.hpp"
#include "cplae/dist/share.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/stats/gmm.hpp"
#include "estimate.hpp"
#include "figures.hpp"

namespace cplae::apps {

namespace {

/// One network on one core, for about a second.
double measured_step_milliseconds(const reduce::Context& context, const study::NetworkSpec& spec) {
  const bench::TrainCase train_case(context, spec);
  bench::TrainRun run{.warmup = 5, .steps = 5, .repeats = 1};
  const double first = bench::time_training(train_case, run, {}).seconds.front();
  run.steps = static_cast<std::int64_t>(std::clamp(5.0 / std::max(first, 1e-9), 5.0, 1000.0));
  return 1e3 * bench::time_training(train_case, run, {}).seconds.front() / static_cast<double>(run.steps);
}

/// A small mixture of the latent size.
double measured_cost_nanoseconds(std::int64_t dim) {
  constexpr Eigen::Index cells = 1500;
  constexpr std::size_t components = 15;
  std::vector<float> drawn(static_cast<std::size_t>(cells * dim));
  RandomStream(make_key(0, "plan,mixture"), {.purpose = Purpose::simulation}).fill_normal(drawn);
  const MatrixD values = Eigen::Map<const MatrixF>(drawn.data(), cells, dim).cast<double>();
  stats::MixtureOptions options;
  options.components = components;
  options.starts = 3;
  options.max_iterations = 200;
  const Stopwatch clock;
  const auto fit = stats::fit_mixture(values, options, make_key(0, "plan"));
  const double updates = static_cast<double>(cells) * static_cast<double>(components) *
                         static_cast<double>(std::max<std::size_t>(1, fit.total_iterations));
  return 1e9 * clock.seconds() / updates;
}

std::string percent(double share) {
  return number_text(std::round(1e3 * share) / 10) + " %";
}

std::string source(bool was_measured) {
  return was_measured ? "measured here" : "given";
}

}  // namespace

SimulatedStage simulate_stage(const std::vector<double>& seconds, int ranks) {
  std::vector<double> load(static_cast<std::size_t>(ranks), 0.0);
  const auto owner = dist::share(seconds, ranks);
  for (std::size_t unit = 0; unit < seconds.size(); ++unit)
    load[owner[unit].index()] += seconds[unit];
  const double busiest = *std::max_element(load.begin(), load.end());
  const double all = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  return {busiest, busiest > 0 ? all / (busiest * static_cast<double>(ranks)) : 1};
}

RankSimulation::RankSimulation(const reduce::Context& context, const RankSpeed& speed)
    : study_(context.study.name),
      speed_(speed),
      step_was_measured_(speed.step_milliseconds == 0),
      cost_was_measured_(speed.cost_nanoseconds == 0) {
  std::vector<double> flop;
  for (const auto& variant : context.plan.variants)
    flop.push_back(network_cost(context, variant.spec).flop_per_step);
  const auto costliest = static_cast<std::size_t>(std::max_element(flop.begin(), flop.end()) - flop.begin());
  const auto& spec = context.plan.variants[costliest].spec;
  if (step_was_measured_) speed_.step_milliseconds = measured_step_milliseconds(context, spec);
  if (cost_was_measured_) speed_.cost_nanoseconds = measured_cost_nanoseconds(spec.training.latent_dim);
  for (const auto& network : context.plan.networks) {
    const std::size_t variant = network.variant.index();
    const auto steps = static_cast<double>(context.plan.variants[variant].spec.training.steps);
    training_.push_back(1e-3 * speed_.step_milliseconds * steps * flop[variant] / flop[costliest]);
  }
  for (const auto& unit : reduce::list_units(context))
    statistics_.push_back(1e-9 * speed_.cost_nanoseconds * unit.cost);
}

std::string RankSimulation::text(const std::vector<int>& ranks) const {
  std::vector<std::vector<std::string>> rows{
      {"simulated ranks", "training", "efficiency", "statistics", "efficiency"}};
  for (const int count : ranks) {
    const SimulatedStage training = simulate_stage(training_, count);
    const SimulatedStage statistics = simulate_stage(statistics_, count);
    rows.push_back({grouped(static_cast<std::size_t>(count)), duration_text(training.seconds),
                    percent(training.efficiency), duration_text(statistics.seconds),
                    percent(statistics.efficiency)});
  }
  return "simulated, not run: the shares of a run, at " + number_text(speed_.step_milliseconds) +
         " ms a network-step (" + source(step_was_measured_) + ") and\n" +
         number_text(speed_.cost_nanoseconds) + " ns a cell, component and iteration of a mixture (" +
         source(cost_was_measured_) + "); files and reduction are not counted\n" + aligned(rows);
}

std::string RankSimulation::json(const std::vector<int>& ranks) const {
  std::string lines;
  for (const int count : ranks) {
    const SimulatedStage training = simulate_stage(training_, count);
    const SimulatedStage statistics = simulate_stage(statistics_, count);
    bench::Line line("schedule");
    line.flag("simulated", true)
        .text("study", study_)
        .integer("ranks", count)
        .count("networks", training_.size())
        .number("milliseconds_per_step", speed_.step_milliseconds)
        .text("milliseconds_per_step_source", source(step_was_measured_))
        .number("training_seconds", training.seconds)
        .number("training_efficiency", training.efficiency)
        .count("statistics_units", statistics_.size())
        .number("ns_per_cost", speed_.cost_nanoseconds)
        .text("ns_per_cost_source", source(cost_was_measured_))
        .number("statistics_seconds", statistics.seconds)
        .number("statistics_efficiency", statistics.efficiency);
    lines += line.json() + "\n";
  }
  return lines;
}

}  // namespace cplae::apps
