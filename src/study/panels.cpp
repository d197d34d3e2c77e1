#include "cplae/study/panels.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"
#include "node.hpp"

namespace cplae::study {

namespace {

constexpr std::size_t largest_list_bytes = std::size_t{1} << 20U;
/// So many of the names that the data lack stand in the warning.
constexpr std::size_t most_named = 20;

std::string key_of(const ModalitySpec& modality) {
  return "modality." + modality.name + ".panel";
}

std::string text_of_list(const Study& study, const ModalitySpec& modality) {
  try {
    std::string text = read_file(std::filesystem::path(study.folder) / modality.panel, largest_list_bytes);
    const std::string byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    if (is_utf8(text)) return text;
  } catch (const Error& error) {
    refuse({"", key_of(modality),
            "found " + quoted(modality.panel) + ", expected a list of features: " + error.what()});
  }
  refuse({"", key_of(modality), "found " + quoted(modality.panel) + ", expected text in UTF-8"});
}

std::string name_in(const std::string& line) {
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> names_of(const Study& study, const ModalitySpec& modality) {
  std::istringstream text(text_of_list(study, modality));
  std::vector<std::string> names;
  std::set<std::string> seen;
  std::size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    const std::string name = name_in(line);
    if (name.empty() || name.front() == '#') continue;
    if (!seen.insert(name).second)
      refuse({"", key_of(modality),
              quoted(modality.panel) + ", line " + std::to_string(number) + ": found " + quoted(name) +
                  " twice, expected each name once"});
    names.push_back(name);
  }
  if (names.empty())
    refuse({"", key_of(modality), "found no name in " + quoted(modality.panel) + ", expected one a line"});
  return names;
}

/// A list none of whose names are there belongs to data that name their features otherwise (a simulated
/// cohort, say); one or two are a slip of the list.
void require_enough(const ModalitySpec& modality, const Panel& panel) {
  const std::size_t found = panel.features.size();
  if (found == 0 || found >= least_panel) return;
  refuse({"", key_of(modality),
          "found " + std::to_string(found) + " of the " + std::to_string(found + panel.lacking.size()) +
              " names of " + quoted(modality.panel) + " among the features of " + modality.name +
              ", expected at least " + std::to_string(least_panel)});
}

Panel panel_of(const Study& study, const ModalitySpec& modality, const data::Dataset& dataset) {
  Panel panel;
  if (modality.panel.empty()) return panel;
  std::map<std::string, std::size_t> place;
  for (const auto& feature : dataset.modality(modality.name).features)
    place.emplace(feature, place.size());
  for (auto& name : names_of(study, modality)) {
    const auto found = place.find(name);
    if (found == place.end())
      panel.lacking.push_back(std::move(name));
    else
      panel.features.push_back(found->second);
  }
  require_enough(modality, panel);
  return panel;
}

void warn_of_lacking(const ModalitySpec& modality, const Panel& panel) {
  if (panel.lacking.empty()) return;
  const std::string all =
      std::to_string(panel.features.size() + panel.lacking.size()) + " names of " + quoted(modality.panel);
  if (panel.features.empty())
    return log::shared_warning(key_of(modality) + ": none of the " + all + " is a feature of " +
                               modality.name +
                               "; types are compared over the features of R2 above 0.25 instead");
  log::shared_warning(key_of(modality) + ": " + std::to_string(panel.lacking.size()) + " of the " + all +
                      " are no features of " + modality.name + ": " +
                      one_line(first_of(panel.lacking, most_named)));
}

}  // namespace

std::vector<Panel> panels_of(const Study& study, const data::Dataset& dataset) {
  std::vector<Panel> panels;
  for (const auto& modality : study.base.modalities)
    panels.push_back(panel_of(study, modality, dataset));
  return panels;
}

void check_panels(const Study& study, const data::Dataset& dataset) {
  for (const auto& modality : study.base.modalities)
    warn_of_lacking(modality, panel_of(study, modality, dataset));
}

void adopt_panels(Study& study, const Study& other) {
  for (auto& modality : study.base.modalities) {
    modality.panel.clear();
    for (const auto& same : other.base.modalities)
      if (same.name == modality.name) modality.panel = same.panel;
  }
}

}  // namespace cplae::study
