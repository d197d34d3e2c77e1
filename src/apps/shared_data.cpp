#include "apps/shared_data.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "apps/inputs.hpp"

namespace cplae::data {

// Everything but the values of modalities, which are sent as they lie. Found by nlohmann-json by their names.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Taxonomy::Node, label, parent, height, is_leaf, colour)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ObsColumn, name, is_text, text, numbers)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Modality, name, features, present)

}  // namespace cplae::data

namespace cplae::apps {

namespace {

using nlohmann::json;

std::string described(const SharedData& data) {
  const data::Dataset& dataset = data.dataset;
  json all{{"sha256", data.sha256},
           {"cells", dataset.cells},
           {"modalities", dataset.modalities},
           {"obs", dataset.obs}};
  if (dataset.taxonomy) all["taxonomy"] = dataset.taxonomy->nodes();
  std::string bytes;
  json::to_cbor(all, bytes);
  return bytes;
}

/// The same with room for the values.
SharedData from_description(const std::string& bytes) {
  const json all = json::from_cbor(bytes);
  SharedData data;
  data.sha256 = all.at("sha256").get<std::string>();
  data.dataset.cells = all.at("cells").get<std::vector<std::string>>();
  data.dataset.modalities = all.at("modalities").get<std::vector<data::Modality>>();
  data.dataset.obs = all.at("obs").get<std::vector<data::ObsColumn>>();
  if (all.contains("taxonomy"))
    data.dataset.taxonomy.emplace(all.at("taxonomy").get<std::vector<data::Taxonomy::Node>>());
  for (data::Modality& modality : data.dataset.modalities)
    modality.values.resize(static_cast<Eigen::Index>(data.dataset.cells.size()),
                           static_cast<Eigen::Index>(modality.features.size()));
  return data;
}

}  // namespace

SharedData read_shared_data(const dist::Communicator& communicator, const std::vector<data::Source>& sources,
                            const std::vector<std::string>& modalities) {
  SharedData data;
  // Read before they are hashed: what cannot be read is bad input, whatever the hash would say.
  const std::string doing = "reading the data";
  const auto read = [&] {
    data.dataset = read_data(sources, modalities);
    data.sha256 = data_sha256(sources);
  };
  dist::on_root(communicator, read, doing);
  if (communicator.size() == 1) return data;
  const std::string description = communicator.broadcast(communicator.is_root() ? described(data) : "");
  const auto make_room = [&] {
    if (!communicator.is_root()) data = from_description(description);
  };
  dist::agree(communicator, make_room, doing);
  for (data::Modality& modality : data.dataset.modalities)
    communicator.broadcast(
        std::span(modality.values.data(), static_cast<std::size_t>(modality.values.size())));
  return data;
}

}  // namespace cplae::apps
