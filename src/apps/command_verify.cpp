#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/reduce/verify.hpp"
#include "cplae/store/verify.hpp"
#include "figures.hpp"
#include "inspect_run.hpp"
#include "pairing.hpp"
#include "run_record.hpp"

namespace cplae::apps {

namespace {

namespace fs = std::filesystem;

constexpr const char* verify_notes =
    R"(With one run: are its units, checkpoints, results.h5 and tables as they were written, do
they belong to its study.toml and provenance.json, and are all units of the study there?
With two: are all datasets of results.h5 and all tables the same, bit by bit? If not, the
first difference is named. With --statistically: for each measure of each variant
(accuracies, R2, errors and losses of held-out cells, matching, best components) the
mean over folds (or initialisations) of its paired differences RUN2 - RUN, their SD and
Student's t interval; together the intervals of all measures hold with the confidence
given (Bonferroni). A measure is within when its interval reaches 0, or comes nearer to it
than the millionth part of the measure's size, which is rounding. One fold or
initialisation has no interval, so a measure of one is not compared; nor is what only
one run has, which is named. So is what makes the differences no pairs (other data, other
held-out cells), and that no measure of a network is among those compared.

Exit code: 0 whole or equal, 1 damaged or different, 2 no such run.

Examples:
  cplae verify demo_run
  cplae verify demo_run demo_run_on_another_machine
  cplae verify cpu_run gpu_run --statistically)";

struct VerifyArguments {
  std::string run;
  std::string other;
  bool statistically = false;
  double confidence = 0.95;
};

void require_results(const std::string& run, const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error))
    throw UsageError(run + ": has no " + file.filename().string() + " yet; cplae run makes it");
}

ExitCode compare_bits(const std::string& run, const std::string& other) {
  const store::RunFolder one{fs::path(run)};
  const store::RunFolder two{fs::path(other)};
  require_results(run, one.results());
  require_results(other, two.results());
  std::optional<std::string> difference;
  try {
    difference = store::first_difference(one.results(), two.results());
  } catch (const DataError& error) {  // what cplae has not written so is damage, no bad input
    throw Error(error.what());
  }
  if (!difference) difference = reduce::first_table_difference(one.tables(), two.tables());
  if (difference) throw Error(run + " and " + other + " differ: " + *difference);
  std::cout << run << " and " << other << ": results.h5 and tables are equal, bit by bit\n";
  return ExitCode::done;
}

std::string rounded(double value) {
  return std::isnan(value) ? "-" : number_text(static_cast<float>(value));
}

/// A number that only one run has is a difference all the same.
bool has_verdict(const stats::PairedDifference& difference) {
  return difference.pairs > 1 || difference.unpaired > 0;
}

/// A difference that only rounding makes is none, however regular it is.
bool is_within(const reduce::MeasurePair& pair, const stats::PairedDifference& difference) {
  constexpr double rounding = 1e-6;
  double size = 0;
  for (const auto* values : {&pair.first, &pair.second})
    for (const double value : *values)
      if (!std::isnan(value)) size = std::max(size, std::abs(value));
  const double reach = std::isnan(difference.half_width) ? 0 : difference.half_width;
  return difference.unpaired == 0 && std::abs(difference.mean) <= reach + rounding * size;
}

bool is_of_network(const std::string& variant) {
  return variant.find(",pc_cca=") == std::string::npos && variant.find(",baseline=") == std::string::npos;
}

struct Compared {
  std::string name;
  stats::PairedDifference difference;
  bool is_within = false;
  bool is_of_network = false;  ///< or of several together; not of a baseline
};

/// What has a verdict; intervals that hold together with the confidence given. Throws DataError where nothing
/// has one.
std::vector<Compared> compare_pairs(const VerifyArguments& options,
                                    const std::vector<reduce::MeasurePair>& pairs) {
  std::size_t intervals = 0;
  std::vector<const reduce::MeasurePair*> compared;
  for (const auto& pair : pairs) {
    const auto difference = stats::paired_difference(pair.first, pair.second, options.confidence);
    if (has_verdict(difference)) compared.push_back(&pair);
    if (difference.pairs > 1) ++intervals;
  }
  if (compared.empty())
    throw DataError(options.run + " and " + options.other +
                    ": no measure is of two folds or initialisations that both have, expected one at least");
  const double alpha = (1 - options.confidence) / static_cast<double>(std::max<std::size_t>(1, intervals));
  std::vector<Compared> result;
  for (const auto* pair : compared) {
    const auto difference = stats::paired_difference(pair->first, pair->second, 1 - alpha);
    result.push_back({pair->variant + ", " + pair->measure, difference, is_within(*pair, difference),
                      is_of_network(pair->variant)});
  }
  return result;
}

void print_compared(const std::vector<Compared>& compared) {
  std::vector<std::vector<std::string>> rows{
      {"variant, measure", "n", "mean difference", "SD", "interval +-", "verdict"}};
  for (const auto& [name, difference, is_within, of_network] : compared)
    rows.push_back({name, std::to_string(difference.pairs), rounded(difference.mean), rounded(difference.sd),
                    rounded(difference.half_width), is_within ? "within" : "outside"});
  std::cout << aligned(rows);
}

void print_not_compared(const VerifyArguments& options, const reduce::PairedMeasures& measures,
                        std::size_t without_interval) {
  for (const auto& [run, names] :
       {std::pair{options.run, &measures.only_first}, std::pair{options.other, &measures.only_second}})
    if (!names->empty()) std::cout << "not compared, only in " << run << ": " << first_of(*names, 8) << "\n";
  if (!measures.of_other_terms.empty())
    std::cout << "not compared, sums of other terms: " << first_of(measures.of_other_terms, 8) << "\n";
  if (without_interval > 0)
    std::cout << "not compared, of fewer than two folds or initialisations: " << grouped(without_interval)
              << " measures\n";
}

/// What a verdict of "within" does not say by itself.
void print_pairing(const store::RunFolder& one, const store::RunFolder& two,
                   const std::vector<Compared>& compared) {
  try {
    for (const auto& reason : why_not_paired(one, two))
      std::cout << reason << "\n";
  } catch (const DataError& error) {  // what cplae has not written so is damage, no bad input
    throw Error(error.what());
  }
  if (std::none_of(compared.begin(), compared.end(), [](const Compared& c) { return c.is_of_network; }))
    std::cout << "not compared, any network: all measures are of baselines\n";
}

ExitCode compare_statistics(const VerifyArguments& options) {
  const store::RunFolder one{fs::path(options.run)};
  const store::RunFolder two{fs::path(options.other)};
  for (const auto& [run, folder] : {std::pair{options.run, &one}, std::pair{options.other, &two}})
    require_results(run, folder->tables() / "summary.csv");
  const auto measures = reduce::pair_measures(one.tables(), two.tables());
  if (std::isnan(options.confidence))
    throw UsageError("--confidence: found nan, expected a number in [0.5, 0.999999]");
  const auto compared = compare_pairs(options, measures.pairs);
  print_compared(compared);
  print_not_compared(options, measures, measures.pairs.size() - compared.size());
  print_pairing(one, two, compared);
  std::cout << std::flush;
  const auto outside = static_cast<std::size_t>(
      std::count_if(compared.begin(), compared.end(), [](const Compared& pair) { return !pair.is_within; }));
  if (outside > 0)
    throw Error(options.run + " and " + options.other + " differ: " + grouped(outside) + " of " +
                grouped(compared.size()) + " measures are outside");
  std::cout << "all " << grouped(compared.size()) << " measures are within\n";
  return ExitCode::done;
}

ExitCode verify(const VerifyArguments& options) {
  if (options.statistically && options.other.empty())
    throw UsageError("verify: --statistically compares two runs, but only one was given");
  if (options.other.empty()) {
    inspect_run(options.run);
    return ExitCode::done;
  }
  for (const auto& run : {options.run, options.other})
    static_cast<void>(read_run_record(store::RunFolder{fs::path(run)}));
  return options.statistically ? compare_statistics(options) : compare_bits(options.run, options.other);
}

}  // namespace

Command add_verify(CLI::App& program) {
  const auto options = std::make_shared<VerifyArguments>();
  CLI::App* command = program.add_subcommand("verify", "check a run's checksums, or compare two runs");
  command->add_option("RUN", options->run, "a run folder")->required()->type_name("");
  command->add_option("RUN2", options->other, "another one to compare it with")->type_name("");
  CLI::Option* statistically = command->add_flag("--statistically", options->statistically,
                                                 "compare measures over folds in place of bits");
  command
      ->add_option("--confidence", options->confidence,
                   "of all intervals together, between 0 and 1 (default 0.95)")
      ->type_name("P")
      ->check(CLI::Range(0.5, 0.999999))
      ->needs(statistically);
  command->footer(verify_notes);
  return {command, SerialTask([options] { return verify(*options); })};
}

}  // namespace cplae::apps
