#include "cplae/reduce/units.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/hash.hpp"
#include "cplae/core/log.hpp"
#include "parts.hpp"
#include "read_network.hpp"

namespace cplae::reduce {

namespace {

/// What the ids of each type begin with.
constexpr std::array<std::pair<std::string_view, UnitType>, 9> type_names{
    {{"evaluation", UnitType::evaluation},
     {"baseline", UnitType::baseline},
     {"regression", UnitType::regression},
     {"average", UnitType::average},
     {"mixture", UnitType::mixture},
     {"consensus", UnitType::consensus},
     {"types", UnitType::types},
     {"ensemble", UnitType::ensemble},
     {"calibration", UnitType::calibration}}};

std::optional<UnitType> type_of(std::string_view id) {
  const std::string_view name = id.substr(0, id.find(','));
  for (const auto& [known, type] : type_names)
    if (known == name) return type;
  return std::nullopt;
}

/// Of the features that the panels name, in their order.
std::string panels_hash(const Context& context) {
  std::string text;
  for (std::size_t m = 0; m < context.panels.size(); ++m) {
    text += context.data.modalities[m].name + "\n";
    for (const std::size_t feature : context.panels[m].features)
      text += context.data.modalities[m].features[feature] + "\n";
    text += "\n";
  }
  return sha256_hex(std::as_bytes(std::span(text)));
}

void compute(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
             Record& record) {
  if (unit.type == UnitType::baseline) return evaluate_baseline(context, unit, record);
  if (unit.type == UnitType::regression) return evaluate_regression(context, unit, record);
  if (unit.type == UnitType::average) return evaluate_average(context, unit, units, record);
  if (unit.type == UnitType::consensus) return find_consensus(context, unit, units, record);
  if (unit.type == UnitType::types) return compare_types(context, unit, units, record);
  if (unit.type == UnitType::ensemble) return average_networks(context, unit, units, record);
  if (unit.type == UnitType::calibration) return calibrate_average(context, unit, units, record);
  const auto& network = context.plan.networks[unit.network];
  const auto stored = read_network(context, network, units);
  if (!stored.result.finite)
    throw NumericError("network " + network.id + " turned non-finite at step " +
                       std::to_string(stored.result.failed_step));
  if (unit.type == UnitType::evaluation) return evaluate_network(context, network, stored, record);
  fit_components(context, unit, stored, record);
}

}  // namespace

std::string mixture_id(const study::Network& network, std::int64_t components) {
  return "mixture," + network.id + ",components=" + std::to_string(components);
}

std::size_t layer_of(UnitType type) {
  const bool reads_units = type == UnitType::consensus || type == UnitType::types ||
                           type == UnitType::ensemble || type == UnitType::calibration;
  return reads_units ? 1 : 0;
}

std::string statistics_version(UnitType type) {
  switch (type) {
    case UnitType::evaluation:
      return "8";
    case UnitType::baseline:
      return "7";
    case UnitType::regression:
      return "5";
    case UnitType::average:
      return "5";
    case UnitType::mixture:
      return "4";
    case UnitType::consensus:
      return "3 of " + statistics_version(UnitType::mixture);  // which it reads
    case UnitType::types:
      return "1 of " + statistics_version(UnitType::baseline) + " and " +
             statistics_version(UnitType::regression) + " and " + statistics_version(UnitType::average);
    case UnitType::ensemble:
      return "3";
    case UnitType::calibration:
      return "1 of " + statistics_version(UnitType::average);
  }
  throw Error("a type of statistics that there is not");
}

bool is_of_this_version(const Record& record) {
  const auto version = record.text.find("statistics_version");
  const auto id = record.text.find("id");
  if (version == record.text.end() || id == record.text.end()) return false;
  const auto type = type_of(id->second);
  return type && version->second == statistics_version(*type);
}

bool is_of_this_version(const Context& context, const Record& record) {
  if (!is_of_this_version(record)) return false;
  const auto panels = record.text.find("panels");
  return panels == record.text.end() || panels->second == panels_hash(context);
}

bool is_current(const Context& context, const Record& record) {
  return is_of_this_version(context, record) && failure(record).empty();
}

std::string failure(const Record& record) {
  const auto failed = record.text.find("failed");
  return failed == record.text.end() ? "" : failed->second;
}

Record compute_unit(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units) {
  Record record;
  try {
    compute(context, unit, units, record);
  } catch (const NumericError& error) {
    log::warning(unit.id + ": no result: " + error.what());
    record = {};
    record.text["failed"] = error.what();
  }
  record.text["statistics_version"] = statistics_version(unit.type);
  if (unit.type == UnitType::types) record.text["panels"] = panels_hash(context);
  return record;
}

}  // namespace cplae::reduce
