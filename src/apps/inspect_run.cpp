#include "inspect_run.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <system_error>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/core/hash.hpp"
#include "cplae/core/text.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/reduce/verify.hpp"
#include "cplae/store/open_run.hpp"
#include "cplae/store/read_results.hpp"
#include "cplae/store/verify.hpp"
#include "figures.hpp"
#include "run_record.hpp"
#include "whole_results.hpp"

namespace cplae::apps {

namespace fs = std::filesystem;

namespace {

/// One line of the report, and what was damaged.
struct Part {
  std::string name;
  store::Inspection found;
  std::string none;  ///< what it means when there is nothing
  std::string more;  ///< behind the number of what is whole
};

/// What a run says it is: provenance.json and study.toml, which must be readable and fit to results.h5.
struct RunFacts {
  store::Inspection found;
  std::optional<study::Study> study;
};

template <class Look>
void look(store::Inspection& found, Look act) {
  try {
    act();
    ++found.whole;
  } catch (const Error& error) {
    found.damaged.emplace_back(error.what());
  }
}

/// Throws Error where results.h5 was made by another study, or of other data.
void require_match(const store::RunFolder& folder, const RunFacts& facts,
                   const std::optional<RunRecord>& record) {
  const store::ResultsReader results(folder.results());
  const std::string path = folder.results().string();
  if (record && results.data_sha256() != record->data_sha256)
    throw Error(path + ": made of data of SHA-256 " + one_line(results.data_sha256()) +
                ", but provenance.json says " + one_line(record->data_sha256));
  if (!facts.study) return;
  const std::string difference = study_difference(results, *facts.study);
  if (!difference.empty()) throw Error(path + ": made by another study than study.toml: " + difference);
}

/// results.h5 is looked at where it is whole: what is wrong with it otherwise is told already.
RunFacts inspect_facts(const store::RunFolder& folder, bool has_whole_results) {
  RunFacts facts;
  std::optional<RunRecord> record;
  look(facts.found, [&] { record = read_run_record(folder); });
  look(facts.found, [&] { facts.study = read_run_study(folder); });
  if (!has_whole_results) return facts;
  try {
    require_match(folder, facts, record);
  } catch (const Error& error) {
    facts.found.damaged.emplace_back(error.what());
  }
  return facts;
}

/// The units of one kind that a study lists, and which of them are not there.
struct Listed {
  std::size_t all = 0;
  std::vector<std::string> missing;
};

Listed count(const store::RunFolder& folder, store::UnitKind kind, const std::vector<std::string>& ids) {
  Listed listed{.all = ids.size(), .missing = {}};
  std::error_code error;
  for (const auto& id : ids)
    if (!fs::is_regular_file(folder.unit(kind, id), error)) listed.missing.push_back(id);
  return listed;
}

/// Units that the study lists and the folder lacks are damage where the run had come to its end; but all of
/// them may have been deleted, since nothing but going on needs them.
void add_listed(Part& part, const Listed& listed, bool is_finished) {
  const std::size_t there = part.found.whole + part.found.damaged.size();
  part.none += " of " + grouped(listed.all);
  part.more = " of " + grouped(listed.all);
  if (listed.missing.empty()) return;
  const std::string number = grouped(listed.missing.size());
  if (!is_finished || there == 0) {
    part.more += ", " + number + " not there" + (is_finished ? "" : " yet");
    return;
  }
  part.found.damaged.push_back(part.name + ": " + number + " of " + grouped(listed.all) +
                               " that the study lists are missing, though the run was finished, first " +
                               listed.missing.front());
}

void add_listed_units(std::vector<Part>& parts, const store::RunFolder& folder, const study::Study& study) {
  const study::Plan plan = study::make_plan(study);
  std::vector<std::string> networks;
  for (const auto& network : plan.networks)
    networks.push_back(network.id);
  std::vector<std::string> statistics;
  for (const auto& unit : reduce::list_units(names_only(study, plan)))
    statistics.push_back(unit.id);
  std::error_code error;
  const bool is_finished = fs::exists(folder.tables() / "SHA256SUMS", error);
  add_listed(parts.at(0), count(folder, store::UnitKind::network, networks), is_finished);
  add_listed(parts.at(1), count(folder, store::UnitKind::statistics, statistics), is_finished);
}

/// The start of the report; empty where there is none.
std::string start_of_report(const store::RunFolder& folder) {
  constexpr std::size_t enough_bytes = 4096;  // it bears the checksum of its tables near its start
  std::string start(enough_bytes, '\0');
  std::error_code error;
  if (!fs::is_regular_file(folder.report(), error)) return "";
  std::ifstream file(folder.report(), std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  return start;
}

/// A report of other tables is no damage, but who reads it should know.
void add_report_note(Part& tables, const store::RunFolder& folder) {
  const std::string start = start_of_report(folder);
  std::error_code error;
  const fs::path sums = folder.tables() / "SHA256SUMS";
  if (start.empty() || !fs::exists(sums, error)) return;
  if (start.find(sha256_file(sums)) == std::string::npos)
    tables.found.notes.push_back(
        folder.report().string() +
        ": is of other tables than those that are there; cplae reduce makes it anew");
}

/// Empty where it cannot be told: what is wrong with study or provenance is told by inspect_facts.
std::string identity_of(const store::RunFolder& folder) {
  try {
    return store::recorded_identity(folder);
  } catch (const Error&) {
    return {};
  }
}

std::vector<std::string> print(const std::vector<Part>& parts) {
  std::vector<std::string> damaged;
  for (const Part& part : parts) {
    const std::size_t bad = part.found.damaged.size();
    std::string name = part.name;
    name.resize(12, ' ');
    std::cout << name
              << (part.found.whole + bad == 0 ? part.none : grouped(part.found.whole) + " whole" + part.more)
              << (bad > 0 ? ", " + grouped(bad) + " damaged" : "") << "\n";
    for (const auto& note : part.found.notes)
      std::cout << "note: " << note << "\n";
    damaged.insert(damaged.end(), part.found.damaged.begin(), part.found.damaged.end());
  }
  for (const auto& line : damaged)
    std::cout << "damaged: " << line << "\n";
  std::cout << std::flush;
  return damaged;
}

}  // namespace

reduce::Context names_only(const study::Study& study, const study::Plan& plan) {
  return {.study = study,
          .plan = plan,
          .data = {},
          .cells = {},
          .unused_cells = 0,
          .labels = {},
          .taxonomy = {},
          .schemes = {},
          .panels = {},
          .stop = {}};
}

void inspect_run(const std::string& run) {
  const store::RunFolder folder{fs::path(run)};
  require_run_folder(folder);
  std::error_code error;
  const bool has_results = fs::exists(folder.results(), error);
  const std::string identity = identity_of(folder);
  const store::Inspection results = has_results ? inspect_results(folder, identity) : store::Inspection{};
  const RunFacts facts = inspect_facts(folder, has_results && results.damaged.empty());
  std::vector<Part> parts = {
      {"networks", inspect_units(folder, store::UnitKind::network, identity), "none", ""},
      {"statistics", inspect_units(folder, store::UnitKind::statistics, identity), "none", ""},
      {"checkpoints", inspect_checkpoints(folder, identity), "none", ""},
      {"results.h5", results, "not yet", ""},
      {"tables", reduce::inspect_tables(folder.tables()), "not yet", ""},
      {"identity", facts.found, "none", ""}};
  add_report_note(parts.at(4), folder);
  if (facts.study) add_listed_units(parts, folder, *facts.study);
  const auto damaged = print(parts);
  if (!damaged.empty())
    throw Error(run + ": " + grouped(damaged.size()) + " damaged, first " + damaged.front());
}

}  // namespace cplae::apps
