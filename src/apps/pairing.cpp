#include "pairing.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "cplae/core/text.hpp"
#include "cplae/store/read_results.hpp"
#include "figures.hpp"
#include "run_record.hpp"

namespace cplae::apps {

namespace {

using Replicates = std::map<std::pair<std::string, std::string>, study::Network>;

/// Experiment and "fold 0" or "init 3" -> its first network; all of them have one split.
Replicates replicates_of(const store::ResultsReader& results) {
  Replicates found;
  for (const auto& network : results.plan().networks) {
    const auto& variant = results.plan().variants.at(network.variant.index());
    const auto& experiment = results.study().experiments.at(variant.experiment);
    const bool has_folds = experiment.kind == study::ExperimentKind::kfold;
    found.emplace(
        std::pair{experiment.name, (has_folds ? "fold " : "init ") + std::to_string(network.replicate)},
        network);
  }
  return found;
}

/// Names of the cells that a network did not train on.
std::set<std::string> held_out(const store::ResultsReader& results, const study::Network& network) {
  const data::Split split = results.split(network);
  std::set<std::string> names;
  for (std::size_t cell = 0; cell < split.size(); ++cell)
    if (split[cell] != data::Role::train) names.insert(results.cells()[cell]);
  return names;
}

/// One line where splits differ, "" where none does.
std::string other_splits(const store::ResultsReader& one, const store::ResultsReader& two) {
  const Replicates others = replicates_of(two);
  std::size_t common = 0;
  std::vector<std::string> differing;
  for (const auto& [names, network] : replicates_of(one)) {
    const auto found = others.find(names);
    if (found == others.end()) continue;
    ++common;
    if (held_out(one, network) != held_out(two, found->second))
      differing.push_back(names.second + " of " + names.first);
  }
  if (differing.empty()) return "";
  return "not paired: other cells are held out in " + grouped(differing.size()) + " of " + grouped(common) +
         " folds or initialisations: " + first_of(differing, 4);
}

}  // namespace

std::vector<std::string> why_not_paired(const store::RunFolder& one, const store::RunFolder& two) {
  std::vector<std::string> reasons;
  const std::string first = read_run_record(one).data_sha256;
  const std::string second = read_run_record(two).data_sha256;
  if (first != second)
    reasons.push_back("not of the same data: SHA-256 " + one_line(first.substr(0, 12)) + "... and " +
                      one_line(second.substr(0, 12)) + "...");
  std::error_code error;
  for (const auto* run : {&one, &two}) {
    if (std::filesystem::exists(run->results(), error)) continue;
    reasons.push_back("not known whether folds are pairs: " + run->root().string() + " has no results.h5");
    return reasons;
  }
  const store::ResultsReader first_results(one.results());
  const store::ResultsReader second_results(two.results());
  if (auto line = other_splits(first_results, second_results); !line.empty())
    reasons.push_back(std::move(line));
  return reasons;
}

}  // namespace cplae::apps
