#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "cplae/core/text.hpp"
#include "cplae/dist/share.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/study/parse.hpp"
#include "cplae/study/usable.hpp"
#include "device_request.hpp"
#include "estimate.hpp"
#include "figures.hpp"
#include "inputs.hpp"
#include "run_inputs.hpp"
#include "simulate_ranks.hpp"

namespace cplae::apps {

namespace {

constexpr const char* plan_notes =
    R"(Makes every check of the study against the data that a run makes, then counts; trains
and writes nothing. Times come from an assumed rate, not from a measurement; with
--simulate-ranks from a time a step, given or measured for a second or two.

Example:
  cplae plan jobs/paper.toml --data paper.h5mu --ranks 64 --set training.steps=100000
  cplae plan jobs/paper.toml --data paper.h5mu --simulate-ranks 1,16,256,1024 --step-ms 2.5)";

/// Of libtorch itself, beside data and networks.
constexpr double library_bytes = 400.0 * 1024 * 1024;
constexpr double seconds_per_hour = 3600;

struct PlanArguments {
  std::string study;
  std::vector<std::string> data;
  std::vector<std::string> overrides;
  std::string device = "auto";
  int ranks = 1;
  double gflops = 40;
  std::vector<int> simulated_ranks;
  RankSpeed speed;
  bool json = false;
};

class PlanText {
public:
  PlanText(const PlanArguments& options, const reduce::Context& context)
      : options_(options), context_(context) {
    for (const auto& variant : context_.plan.variants)
      costs_.push_back(network_cost(context_, variant.spec));
    for (const auto& network : context_.plan.networks)
      flop_.push_back(costs_[network.variant.index()].flop);
  }

  [[nodiscard]] std::string text(const std::string& trainer) const {
    return heading() + variants() + "\ntrainer     " + trainer + "\n" + aligned_lines() +
           "All checks of the study against the data passed. Nothing was written.\n";
  }

private:
  [[nodiscard]] std::string heading() const {
    std::string text = "study " + context_.study.name + " (" + options_.study + "), seed " +
                       std::to_string(context_.study.seed) + ": " + grouped(context_.cells.size()) +
                       " cells" + left_out() + "\n";
    for (const auto& modality : context_.data.modalities) {
      const auto present = std::count(modality.present.begin(), modality.present.end(), std::uint8_t{1});
      text += "  modality " + modality.name + ": " + grouped(modality.features.size()) + " features, " +
              grouped(static_cast<std::size_t>(present)) + " cells\n";
    }
    return text + types() + labels() + "\n";
  }

  /// That networks learn them beside the modalities.
  [[nodiscard]] std::string types() const {
    if (!context_.data.types) return "";
    return "  supervision: " + grouped(context_.data.types->features.size()) +
           " types (features of labels), " + grouped(data::present_cells(*context_.data.types).size()) +
           " cells\n";
  }

  [[nodiscard]] std::string labels() const {
    if (context_.study.labels.column.empty()) return "";
    std::map<std::string, std::size_t> sizes;
    std::size_t unlabelled = 0;
    for (const auto& label : context_.labels)
      ++(label.empty() ? unlabelled : sizes[label]);
    const auto usable = std::count_if(sizes.begin(), sizes.end(), [](const auto& type) {
      return std::cmp_greater(type.second, study::unusable_cells);
    });
    return "  labels " + context_.study.labels.column + ": " + grouped(sizes.size()) + " types, " +
           grouped(static_cast<std::size_t>(usable)) + " of more than 10 cells; " + grouped(unlabelled) +
           " cells without\n";
  }

  [[nodiscard]] std::string left_out() const {
    if (context_.unused_cells == 0) return "";
    return " (" + grouped(context_.unused_cells) + " more have none of its modalities and are left out)";
  }

  [[nodiscard]] std::string variants() const {
    std::vector<std::vector<std::string>> rows{
        {"variant", "networks", "parameters", "FLOP a step", "steps", "FLOP a network"}};
    for (std::size_t v = 0; v < costs_.size(); ++v) {
      const auto& variant = context_.plan.variants[v];
      rows.push_back({variant.id, grouped(variant.replicates), grouped(costs_[v].parameters),
                      flop_text(costs_[v].flop_per_step),
                      grouped(static_cast<std::size_t>(variant.spec.training.steps)),
                      flop_text(costs_[v].flop)});
    }
    return aligned(rows);
  }

  [[nodiscard]] std::string statistics() const {
    std::map<reduce::UnitType, std::size_t> counts;
    const auto units = reduce::list_units(context_);
    for (const auto& unit : units)
      ++counts[unit.type];
    return grouped(units.size()) + " units: " + grouped(counts[reduce::UnitType::evaluation]) +
           " networks evaluated, " +
           grouped(counts[reduce::UnitType::baseline] + counts[reduce::UnitType::regression]) +
           " baselines, " + grouped(counts[reduce::UnitType::mixture]) + " mixtures, " +
           grouped(counts[reduce::UnitType::consensus]) + " consensus clusterings, " +
           grouped(counts[reduce::UnitType::types]) + " comparisons of types, " +
           grouped(counts[reduce::UnitType::ensemble] + counts[reduce::UnitType::average]) + " ensembles, " +
           grouped(counts[reduce::UnitType::calibration]) + " calibrations";
  }

  /// FLOP and number of networks of each rank.
  struct Load {
    std::vector<double> flop;
    std::vector<std::size_t> networks;
  };
  [[nodiscard]] Load load() const {
    const auto ranks = static_cast<std::size_t>(options_.ranks);
    Load load{std::vector<double>(ranks, 0), std::vector<std::size_t>(ranks, 0)};
    const auto owner = dist::share(flop_, options_.ranks);
    for (std::size_t n = 0; n < owner.size(); ++n) {
      load.flop[owner[n].index()] += flop_[n];
      ++load.networks[owner[n].index()];
    }
    return load;
  }

  [[nodiscard]] std::string time(const Load& load) const {
    const double busiest = *std::max_element(load.flop.begin(), load.flop.end());
    const double total = std::accumulate(flop_.begin(), flop_.end(), 0.0);
    const double rate = options_.gflops * 1e9;
    return "about " + duration_text(busiest / rate) + " on " + std::to_string(options_.ranks) +
           (options_.ranks == 1 ? " rank" : " ranks") + " (" + number_of_hours(total / rate) +
           " core hours), at an assumed " + number_text(options_.gflops) +
           " GFLOP/s a rank (--gflops); statistics are not counted";
  }

  static std::string number_of_hours(double seconds) {
    const double hours = seconds / seconds_per_hour;
    return hours < 10 ? number_text(static_cast<double>(std::lround(hours * 10)) / 10)
                      : grouped(static_cast<std::size_t>(std::lround(hours)));
  }

  static std::string shares(const Load& load) {
    std::map<std::size_t, std::size_t, std::greater<>> ranks_with;
    for (const std::size_t networks : load.networks)
      ++ranks_with[networks];
    std::vector<std::string> parts;
    for (const auto& [networks, ranks] : ranks_with)
      parts.push_back(grouped(ranks) + (ranks == 1 ? " rank trains " : " ranks train ") + grouped(networks));
    return join(parts, ", ");
  }

  [[nodiscard]] std::string memory() const {
    double training = 0;
    for (const auto& cost : costs_)
      training = std::max(training, cost.training_bytes);
    return "about " + bytes_text(library_bytes + data_bytes(context_) + training) + " a rank";
  }

  [[nodiscard]] std::string disk() const {
    double units = 0;
    double checkpoint = 0;
    for (const auto& network : context_.plan.networks)
      units += costs_[network.variant.index()].unit_bytes;
    for (const auto& cost : costs_)
      checkpoint = std::max(checkpoint, cost.checkpoint_bytes);
    const double running = static_cast<double>(
        std::min<std::size_t>(static_cast<std::size_t>(options_.ranks), context_.plan.networks.size()));
    return "work/ " + bytes_text(units + running * checkpoint + prediction_bytes(context_)) +
           ", results.h5 " + bytes_text(units);
  }

  [[nodiscard]] std::string aligned_lines() const {
    const Load loads = load();
    const double total = std::accumulate(flop_.begin(), flop_.end(), 0.0);
    return "networks    " + grouped(flop_.size()) + " in " + grouped(costs_.size()) + " variants, " +
           flop_text(total) + " in all\n" + "shares      " + shares(loads) + "\n" + "time        " +
           time(loads) + "\n" + "statistics  " + statistics() + "\n" + "memory      " + memory() + "\n" +
           "disk        " + disk() + "\n";
  }

  const PlanArguments& options_;
  const reduce::Context& context_;
  std::vector<NetworkCost> costs_;  ///< by variant
  std::vector<double> flop_;        ///< by network
};

constexpr int most_ranks = 1'000'000;

void require_ranks(const std::string& option, int ranks) {
  if (ranks < 1 || ranks > most_ranks)
    throw UsageError(option + ": found " + std::to_string(ranks) + ", expected 1 to " +
                     std::to_string(most_ranks));
}

void require_above_zero(const std::string& option, double value) {
  if (!(value > 0 && std::isfinite(value)))
    throw UsageError(option + ": found " + number_text(value) + ", expected a number above 0");
}

void check(const PlanArguments& options) {
  require_ranks("--ranks", options.ranks);
  require_above_zero("--gflops", options.gflops);
  for (const int ranks : options.simulated_ranks)
    require_ranks("--simulate-ranks", ranks);
  if (options.simulated_ranks.empty() && options.json)
    throw UsageError("--json prints what --simulate-ranks asks for, which is missing");
}

/// Of the run that is planned: a GPU that is asked for need not be in this machine.
model::DeviceKind planned_device(const std::string& name) {
  const auto request = device_request(name);
  if (request == model::DeviceRequest::cuda) return model::DeviceKind::cuda;
  return model::choose_device(request, {}).kind;
}

ExitCode print_plan(const PlanArguments& options) {
  check(options);
  require_file(options.study, "study");
  const auto sources = parse_sources(options.data);
  study::Study study = study::read_study(options.study, options.overrides);
  data::Dataset dataset = read_data(sources, study::source_names(study));
  const reduce::Context context = reduce::make_context(std::move(study), std::move(dataset));
  const auto device = planned_device(options.device);
  const std::string trainer = trainers_of(context.plan, device) + " on " + model::kind_name(device);
  if (!options.json) std::cout << PlanText(options, context).text(trainer) << std::flush;
  if (options.simulated_ranks.empty()) return ExitCode::done;
  const RankSimulation simulation(context, options.speed);
  std::cout << (options.json ? simulation.json(options.simulated_ranks)
                             : "\n" + simulation.text(options.simulated_ranks));
  return ExitCode::done;
}

void add_simulation(CLI::App& command, PlanArguments& options) {
  command
      .add_option("--simulate-ranks", options.simulated_ranks,
                  "say what the schedule makes of so many ranks: 1,2,4,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("N,...");
  // A number that is given is checked where it is read: 0 stands for none.
  const auto given = [](const std::string& option, double& value) {
    return [option, &value](const double& found) {
      require_above_zero(option, found);
      value = found;
    };
  };
  command
      .add_option_function<double>("--step-ms", given("--step-ms", options.speed.step_milliseconds),
                                   "for it: milliseconds a step of the costliest variant (default: measured)")
      ->type_name("MS");
  command
      .add_option_function<double>(
          "--cost-ns", given("--cost-ns", options.speed.cost_nanoseconds),
          "for it: nanoseconds a cell, component and EM iteration (default: measured)")
      ->type_name("NS");
  command.add_flag("--json", options.json, "only the simulated ranks, one JSON object a line");
}

}  // namespace

Command add_plan(CLI::App& program) {
  const auto options = std::make_shared<PlanArguments>();
  CLI::App* command = program.add_subcommand("plan", "check a study and say what it costs; runs nothing");
  command->add_option("STUDY", options->study, "the study, a TOML file")->required()->type_name("");
  command->add_option("--data", options->data, "as for cplae run")
      ->required()
      ->allow_extra_args(false)
      ->type_name("[NAME=]FILE");
  command->add_option("--set", options->overrides, "change a key of the study by its path; repeatable")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command
      ->add_option("--device", options->device,
                   "of the run: auto, cpu or cuda (default auto: a GPU where there is one)")
      ->type_name("NAME");
  command->add_option("--ranks", options->ranks, "MPI ranks to share the networks over (default 1)")
      ->type_name("N");
  command
      ->add_option("--gflops", options->gflops, "assumed sustained rate of a rank, one CPU core (default 40)")
      ->type_name("RATE");
  add_simulation(*command, *options);
  command->footer(plan_notes);
  return {command, SerialTask([options] { return print_plan(*options); })};
}

}  // namespace cplae::apps
