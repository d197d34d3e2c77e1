#include "cplae/data/dataset.hpp"

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

const Modality& Dataset::modality(const std::string& name) const {
  return find_named(modalities, name, "modality");
}

const ObsColumn& Dataset::column(const std::string& name) const {
  return find_named(obs, name, "column of obs");
}

}  // namespace cplae::data
