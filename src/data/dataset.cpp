#include "cplae/data/dataset.hpp"

#include <type_traits>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace {

template <class Named>
const Named& find_named(const std::vector<Named>& all, const std::string& name, const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& one : all) {
    if (one.name == name) return one;
    names.push_back(one.name);
  }
  const auto near = nearest(name, names);
  throw DataError("data: no " + kind + " '" + name + "'; there " +
                  (names.empty() ? "is none" : "are: " + join(names, ", ")) +
                  (near ? " (did you mean '" + *near + "'?)" : ""));
}

}  // namespace

std::vector<Eigen::Index> present_cells(const Modality& modality) {
  std::vector<Eigen::Index> cells;
  for (std::size_t cell = 0; cell < modality.present.size(); ++cell)
    if (modality.present[cell] != 0) cells.push_back(static_cast<Eigen::Index>(cell));
  return cells;
}

void keep_cells(Dataset& dataset, const std::vector<std::uint8_t>& kept) {
  std::vector<Eigen::Index> rows;
  for (std::size_t cell = 0; cell < kept.size(); ++cell)
    if (kept[cell] != 0) rows.push_back(static_cast<Eigen::Index>(cell));
  if (rows.size() == kept.size()) return;
  const auto thin = [&](auto& values) {
    std::remove_reference_t<decltype(values)> left;
    for (const Eigen::Index row : rows)
      left.push_back(std::move(values[static_cast<std::size_t>(row)]));
    values = std::move(left);
  };
  thin(dataset.cells);
  for (auto& modality : dataset.modalities) {
    modality.values = MatrixF(modality.values(rows, Eigen::all));
    thin(modality.present);
  }
  for (auto& column : dataset.obs) {
    if (column.is_text)
      thin(column.text);
    else
      thin(column.numbers);
  }
}

const Modality& Dataset::modality(const std::string& name) const {
  return find_named(modalities, name, "modality");
}

const ObsColumn& Dataset::column(const std::string& name) const {
  return find_named(obs, name, "column of obs");
}

}  // namespace cplae::data
