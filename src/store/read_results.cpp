#include "cplae/store/read_results.hpp"

#include <algorithm>

#include "cplae/core/error.hpp"
#include "cplae/study/parse.hpp"
#include "h5/h5.hpp"
#include "results_shape.hpp"

namespace cplae::store {

struct ResultsReader::Impl {
  explicit Impl(const std::filesystem::path& path)
      : file(h5::open_file(path)),
        study(study::parse_recorded(text("study"), path.string() + ": attribute 'study'")),
        plan(study::make_plan(study)),
        cells(h5::read_texts(file, "cells")) {}

  [[nodiscard]] std::string text(const std::string& name) const {
    auto value = h5::text_attribute(file, name);
    if (!value)
      throw DataError(h5::where(file) + ": no attribute '" + name + "': is it a results.h5 of cplae?");
    return *std::move(value);
  }

  [[nodiscard]] const study::Variant& variant(const std::string& id) const {
    const auto found =
        std::find_if(plan.variants.begin(), plan.variants.end(), [&](const auto& v) { return v.id == id; });
    if (found == plan.variants.end()) throw Error(h5::where(file) + ": no variant '" + id + "'");
    return *found;
  }

  void require_modality(const std::string& name) const {
    const auto& all = study.base.modalities;
    if (std::none_of(all.begin(), all.end(), [&](const auto& m) { return m.name == name; }))
      throw Error(h5::where(file) + ": no modality '" + name + "'");
  }

  [[nodiscard]] const study::Variant& owner_of(const study::Network& network) const {
    return plan.variants.at(network.variant.index());
  }
  [[nodiscard]] VariantShape shape(const study::Network& network) const {
    std::vector<std::int64_t> counts;
    for (const auto& modality : study.base.modalities) {
      const h5::Dataset names = h5::open_dataset(file, "features/" + modality.name);
      counts.push_back(static_cast<std::int64_t>(h5::elements(names.shape)));
    }
    return variant_shape(owner_of(network), cells.size(), counts);
  }

  /// The row of one replicate of a dataset [replicates x ...], whose other sizes are `shape`.
  template <class T>
  [[nodiscard]] std::vector<T> row(const study::Network& network, const std::string& name,
                                   const h5::Shape& shape) const {
    const study::Variant& owner = owner_of(network);
    const h5::Dataset dataset = h5::open_dataset(file, variant_path(owner.id) + "/" + name);
    const auto replicate = static_cast<std::uint64_t>(network.replicate);
    h5::Block block{{replicate}, {1}};
    block.offset.resize(1 + shape.size(), 0);
    block.count.insert(block.count.end(), shape.begin(), shape.end());
    h5::Shape whole = block.count;
    whole[0] = owner.replicates;
    if (dataset.shape != whole || replicate >= owner.replicates)
      throw DataError(h5::where(dataset.handle) + ": not of the shape that the study says");
    dataset.handle.charge(h5::elements(shape) * sizeof(T));
    std::vector<T> values(h5::elements(shape));
    h5::read_block<T>(dataset, block, values);
    return values;
  }

  [[nodiscard]] MatrixF matrix(const study::Network& network, const std::string& name, std::size_t rows,
                               std::size_t columns) const {
    const auto values = row<float>(network, name, {rows, columns});
    return Eigen::Map<const MatrixF>(values.data(), static_cast<Eigen::Index>(rows),
                                     static_cast<Eigen::Index>(columns));
  }

  h5::Handle file;
  study::Study study;
  study::Plan plan;
  std::vector<std::string> cells;
};

ResultsReader::ResultsReader(const std::filesystem::path& path) : impl_(std::make_unique<Impl>(path)) {}
ResultsReader::ResultsReader(ResultsReader&&) noexcept = default;
ResultsReader& ResultsReader::operator=(ResultsReader&&) noexcept = default;
ResultsReader::~ResultsReader() = default;

const study::Study& ResultsReader::study() const {
  return impl_->study;
}
const study::Plan& ResultsReader::plan() const {
  return impl_->plan;
}
const std::vector<std::string>& ResultsReader::cells() const {
  return impl_->cells;
}
std::string ResultsReader::data_sha256() const {
  return impl_->text("data_sha256");
}

std::vector<std::string> ResultsReader::features(const std::string& modality) const {
  impl_->require_modality(modality);
  return h5::read_texts(impl_->file, "features/" + modality);
}

data::FeatureScaling ResultsReader::scaling(const std::string& modality) const {
  impl_->require_modality(modality);
  const std::string folder = "features_scaling/" + modality;
  return {.centre = h5::read<double>(impl_->file, folder + "/centre"),
          .scale = h5::read<double>(impl_->file, folder + "/scale")};
}

std::vector<Replicate> ResultsReader::replicates(const std::string& variant) const {
  const study::Variant& owner = impl_->variant(variant);
  const h5::Dataset table = h5::open_dataset(impl_->file, variant_path(owner.id) + "/replicate");
  const std::string what = h5::where(table.handle);
  const h5::Handle type = replicate_type();
  const h5::Handle found(H5Dget_type(table.handle.id()), what);
  if (table.shape != h5::Shape{owner.replicates} || H5Tequal(found.id(), type.id()) <= 0)
    throw DataError(what + ": not the replicate table that the study says");
  table.handle.charge(owner.replicates * (sizeof(ReplicateRow) + sizeof(Replicate)));
  std::vector<ReplicateRow> rows(owner.replicates);
  h5::check(H5Dread(table.handle.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data()), what);
  std::vector<Replicate> replicates;
  for (const ReplicateRow& row : rows)
    replicates.push_back({.fold = row.fold,
                          .init = row.init,
                          .key = NetworkKey{row.seed},
                          .done = row.status == 0,
                          .steps = row.steps,
                          .best_step = row.best_step,
                          .failed_step = row.failed_step,
                          .checksum = std::string(row.checksum.begin(), row.checksum.end())});
  return replicates;
}

MatrixF ResultsReader::latents(const study::Network& network, const std::string& modality) const {
  impl_->require_modality(modality);
  const VariantShape shape = impl_->shape(network);
  return impl_->matrix(network, "latents/" + modality, shape.cells, shape.latent_dim);
}

data::Split ResultsReader::split(const study::Network& network) const {
  data::Split split;
  for (const std::uint8_t role : impl_->row<std::uint8_t>(network, "split", {impl_->cells.size()})) {
    if (role > static_cast<std::uint8_t>(data::Role::test))
      throw DataError(h5::where(impl_->file) + ": split of '" + network.id + "' holds " +
                      std::to_string(role));
    split.push_back(static_cast<data::Role>(role));
  }
  return split;
}

model::Weights ResultsReader::weights(const study::Network& network) const {
  const model::Layout layout = impl_->shape(network).layout;
  return {.parameters = impl_->row<float>(network, "weights/parameters", {layout.parameter_floats}),
          .moving = impl_->row<float>(network, "weights/moving", {layout.moving_floats})};
}

MatrixF ResultsReader::losses(const study::Network& network) const {
  const VariantShape shape = impl_->shape(network);
  return impl_->matrix(network, "losses", shape.validations, shape.terms);
}

}  // namespace cplae::store
