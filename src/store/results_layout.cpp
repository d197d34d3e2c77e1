#include "results_layout.hpp"

#include <nlohmann/json.hpp>

#include "cplae/core/version.hpp"
#include "cplae/study/feature_counts.hpp"
#include "cplae/study/parse.hpp"
#include "cplae/train/trainer.hpp"
#include "h5_extra.hpp"

namespace cplae::store {

using h5::Handle;

namespace {

std::string slots_json(const std::vector<model::TensorSlot>& slots) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& slot : slots)
    json.push_back(
        {{"name", slot.name}, {"rows", slot.rows}, {"columns", slot.columns}, {"offset", slot.offset}});
  return json.dump();
}

void write_root(const Handle& file, const ResultsInput& input) {
  h5::write_text_attribute(file, "cplae_version", version());
  h5::write_text_attribute(file, "git_commit", git_commit());
  h5::write_text_attribute(file, "study_name", input.study.name);
  h5::write_text_attribute(file, "study", study::to_toml(input.study));
  h5::write_text_attribute(file, "data_sha256", input.data_sha256);
  h5::write_text_attribute(file, "source", input.data_path);
}

void write_names(const Handle& file, const ResultsInput& input) {
  describe(write_fixed_texts(file, "cells", input.cells), {"name", {"cell"}, input.data_path});
  for (std::size_t m = 0; m < input.data.modalities.size(); ++m) {
    const auto& modality = input.data.modalities[m];
    const auto& scaling = input.data.scaling[m];
    describe(write_fixed_texts(file, "features/" + modality.name, modality.features),
             {"name", {"feature"}, input.data_path});
    const std::string folder = "features_scaling/" + modality.name;
    const std::string source = "y = (f(x) - centre) / scale, f the transform of the modality in the study";
    for (const auto& [name, values] :
         {std::pair{"centre", &scaling.centre}, std::pair{"scale", &scaling.scale}})
      describe(write_reals(file, folder + "/" + name, *values), {"units of f(x)", {"feature"}, source});
  }
}

void write_replicate_table(const Handle& group, const VariantShape& shape) {
  const Handle type = replicate_type();
  const Handle table = create_contiguous(group, "replicate", type.id(), {shape.replicates});
  describe(table, {"fold, init: number or -1; seed: key of the random streams; status: 0 done, 1 failed; "
                   "steps: optimiser steps",
                   {"replicate"},
                   "cplae train"});
}

void write_latents(const Handle& group, const VariantShape& shape, const ResultsInput& input) {
  for (const auto& modality : input.data.modalities)
    describe(create_contiguous(group, "latents/" + modality.name, H5T_IEEE_F32LE,
                               {shape.replicates, shape.cells, shape.latent_dim}),
             {"latent units (batch-normalised); NaN: cell without the modality, or failed network",
              {"replicate", "cell", "latent"},
              "encoder of " + modality.name + ", kept weights, inference mode"});
  describe(create_contiguous(group, "split", H5T_STD_U8LE, {shape.replicates, shape.cells}),
           {"0 train, 1 validation, 2 test", {"replicate", "cell"}, "the study's seed and labels"});
}

void write_losses(const Handle& group, const VariantShape& shape, const study::Variant& variant) {
  const Handle losses =
      create_contiguous(group, "losses", H5T_IEEE_F32LE, {shape.replicates, shape.validations, shape.terms});
  describe(losses, {"step: optimiser steps; others: loss; NaN: not reached",
                    {"replicate", "validation", "term"},
                    "cplae train, at every validation"});
  h5::write_texts_attribute(losses, "terms", train::loss_names(variant.spec));
}

void write_weights(const Handle& group, const VariantShape& shape) {
  const auto make = [&](const std::string& name, std::size_t floats,
                        const std::vector<model::TensorSlot>& slots) {
    const Handle weights =
        create_contiguous(group, "weights/" + name, H5T_IEEE_F32LE, {shape.replicates, floats});
    describe(weights, {"1", {"replicate", "float"}, "the kept network; tensors as in the attribute layout"});
    h5::write_text_attribute(weights, "layout", slots_json(slots));
  };
  make("parameters", shape.layout.parameter_floats, shape.layout.parameters);
  make("moving", shape.layout.moving_floats, shape.layout.moving);
}

void write_variant(const Handle& file, const study::Variant& variant, const ResultsInput& input) {
  const Handle group = h5::create_group(file, variant_path(variant.id));
  h5::write_text_attribute(group, "experiment", input.study.experiments.at(variant.experiment).name);
  for (const auto& [name, value] : variant.settings)
    h5::write_text_attribute(group, name, value);
  const VariantShape shape = variant_shape(variant, input.cells.size(), study::feature_counts(input.data));
  write_replicate_table(group, shape);
  write_latents(group, shape, input);
  write_losses(group, shape, variant);
  write_weights(group, shape);
}

}  // namespace

void lay_out(const std::filesystem::path& path, const ResultsInput& input) {
  const Handle access = compatible_access();
  Handle file = h5::create_file(path, {.user_block_bytes = 0, .access = access.id()});
  write_root(file, input);
  write_names(file, input);
  for (const auto& variant : input.plan.variants)
    write_variant(file, variant, input);
  file.close();
}

}  // namespace cplae::store
