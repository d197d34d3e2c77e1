#include "new_cells.hpp"

#include <algorithm>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "inputs.hpp"

namespace cplae::apps {

namespace {

predict::InputKind kind_of(const std::string& word, const std::string& said) {
  const auto& names = predict::input_kind_names();
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) throw UsageError("--input " + said + ": expected one of " + join(names, ", "));
  return static_cast<predict::InputKind>(found - names.begin());
}

std::vector<std::string> names_of(const data::Dataset& dataset) {
  std::vector<std::string> names;
  for (const auto& modality : dataset.modalities)
    names.push_back(modality.name);
  return names;
}

/// The modality of the new files that is meant: by the name that the run's data had for it, by the study's,
/// or the only one where no other is asked for. None where there is no such one.
std::optional<data::Modality> take_modality(data::Dataset& dataset, const study::ModalitySpec& spec,
                                            bool is_alone) {
  auto& all = dataset.modalities;
  auto found = all.end();
  for (const auto& name : {study::source_name(spec), spec.name})
    if (found == all.end())
      found = std::find_if(all.begin(), all.end(), [&](const auto& own) { return own.name == name; });
  if (found == all.end() && is_alone && all.size() == 1) found = all.begin();
  if (found == all.end()) return std::nullopt;
  data::Modality taken = std::move(*found);
  all.erase(found);
  taken.name = spec.name;
  return taken;
}

/// A cell without a finite value lacks the modality. How many those are.
std::size_t drop_empty_cells(data::Modality& modality) {
  std::size_t dropped = 0;
  for (std::size_t cell = 0; cell < modality.present.size(); ++cell) {
    if (modality.present[cell] == 0) continue;
    if (modality.values.row(static_cast<Eigen::Index>(cell)).array().isFinite().any()) continue;
    modality.present[cell] = 0;
    ++dropped;
  }
  return dropped;
}

}  // namespace

std::vector<std::size_t> modalities_named(const study::Study& study, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const auto& modality : study.base.modalities)
    known.push_back(modality.name);
  std::vector<std::size_t> places;
  for (const auto& name : names) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end())
      throw UsageError("--modality " + name + ": the run has no such modality, expected one of " +
                       join(known, ", "));
    const auto place = static_cast<std::size_t>(found - known.begin());
    if (std::find(places.begin(), places.end(), place) != places.end())
      throw UsageError("--modality " + name + ": given twice, expected each modality once");
    places.push_back(place);
  }
  std::sort(places.begin(), places.end());
  return places;
}

InputKinds::InputKinds(const std::vector<std::string>& words, const std::vector<std::string>& modalities) {
  for (const auto& word : words) {
    const std::size_t equals = word.find('=');
    const std::string name = equals == std::string::npos ? "" : word.substr(0, equals);
    const bool is_known = std::find(modalities.begin(), modalities.end(), name) != modalities.end();
    if (equals != std::string::npos && !is_known)
      throw UsageError("--input " + word + ": expected KIND or NAME=KIND, NAME one of " +
                       join(modalities, ", "));
    const auto kind = kind_of(equals == std::string::npos ? word : word.substr(equals + 1), word);
    if (!kinds_.emplace(name, kind).second)
      throw UsageError("--input " + word + ": said before" + (name.empty() ? "" : " of " + name) +
                       ", expected one kind");
  }
}

std::optional<predict::InputKind> InputKinds::of(const std::string& modality) const {
  for (const auto& name : {modality, std::string()})
    if (const auto found = kinds_.find(name); found != kinds_.end()) return found->second;
  return std::nullopt;
}

NewCells read_new_cells(const std::vector<data::Source>& sources,
                        const std::vector<study::ModalitySpec>& modalities) {
  std::vector<std::string> names;
  for (const auto& spec : modalities)
    names.push_back(study::source_name(spec));
  data::Dataset dataset = read_data(sources, names, data::ReadFor::prediction);
  const auto there = names_of(dataset);
  const std::string files = sources.size() == 1 ? sources.front().path.string() : given_text(sources);
  std::vector<data::Modality> taken;
  std::vector<std::string> notes;
  std::vector<std::uint8_t> kept(dataset.cells.size(), 0);
  for (const auto& spec : modalities) {
    auto own = take_modality(dataset, spec, modalities.size() == 1);
    if (!own)
      throw DataError(files + ": no modality '" + study::source_name(spec) +
                      "'; there are: " + join(there, ", "));
    taken.push_back(std::move(*own));
    if (const std::size_t dropped = drop_empty_cells(taken.back()); dropped > 0)
      notes.push_back(spec.name + ": " + std::to_string(dropped) +
                      " cells without a value count as lacking it");
    for (std::size_t cell = 0; cell < kept.size(); ++cell)
      if (taken.back().present[cell] != 0) kept[cell] = 1;
  }
  if (std::find(kept.begin(), kept.end(), 1) == kept.end())
    throw DataError(files + ": no cell has a value in what --modality names, expected one at least");
  dataset.modalities = std::move(taken);
  data::keep_cells(dataset, kept);
  return {std::move(dataset.cells), std::move(dataset.obs), std::move(dataset.modalities), std::move(notes)};
}

predict::NewModality prepare_modality(const Preparation& how, std::vector<std::string>& notes) {
  std::vector<Eigen::Index> cells;
  std::vector<std::string> names;
  for (std::size_t cell = 0; cell < how.cells.size(); ++cell) {
    if (how.found.present[cell] == 0) continue;
    cells.push_back(static_cast<Eigen::Index>(cell));
    names.push_back(how.cells[cell]);
  }
  const data::Modality present{.name = how.found.name,
                               .features = how.found.features,
                               .values = how.found.values(cells, Eigen::all),
                               .present = std::vector<std::uint8_t>(names.size(), 1)};
  auto prepared = predict::prepare_input(present, names, how.trained, how.kind);
  notes.insert(notes.end(), prepared.notes.begin(), prepared.notes.end());
  const MatrixF seen = predict::scaled(prepared.measured, how.trained.scaling);
  return {.modality = how.modality,
          .cells = std::move(cells),
          .measured = std::move(prepared.measured),
          .seen = seen,
          .held_out = how.held_out};
}

}  // namespace cplae::apps
