#include "results_shape.hpp"

#include "cplae/train/trainer.hpp"

namespace cplae::store {

using h5::check;
using h5::Handle;

Handle replicate_type() {
  const std::string what = "HDF5 type of the replicate table";
  const Handle text(H5Tcopy(H5T_C_S1), what);
  check(H5Tset_size(text.id(), sizeof(ReplicateRow::checksum)), what);
  check(H5Tset_strpad(text.id(), H5T_STR_NULLPAD), what);
  Handle type(H5Tcreate(H5T_COMPOUND, sizeof(ReplicateRow)), what);
  const auto insert = [&](const char* name, std::size_t offset, hid_t member) {
    check(H5Tinsert(type.id(), name, offset, member), what);
  };
  insert("fold", offsetof(ReplicateRow, fold), H5T_STD_I32LE);
  insert("init", offsetof(ReplicateRow, init), H5T_STD_I32LE);
  insert("seed", offsetof(ReplicateRow, seed), H5T_STD_U64LE);
  insert("status", offsetof(ReplicateRow, status), H5T_STD_U8LE);
  insert("steps", offsetof(ReplicateRow, steps), H5T_STD_I64LE);
  insert("best_step", offsetof(ReplicateRow, best_step), H5T_STD_I64LE);
  insert("failed_step", offsetof(ReplicateRow, failed_step), H5T_STD_I64LE);
  insert("checksum", offsetof(ReplicateRow, checksum), text.id());
  return type;
}

std::string variant_path(const std::string& variant_id) {
  return "variants/" + variant_id;
}

VariantShape variant_shape(const study::Variant& variant, std::size_t cells,
                           const std::vector<std::int64_t>& features) {
  const auto& training = variant.spec.training;
  return {.replicates = variant.replicates,
          .cells = cells,
          .latent_dim = static_cast<std::size_t>(training.latent_dim),
          .validations = static_cast<std::size_t>((training.steps + training.validate_every - 1) /
                                                  training.validate_every),
          .terms = train::loss_names(variant.spec).size(),
          .may_end_early = training.patience > 0,
          .layout = model::make_layout(variant.spec, features)};
}

}  // namespace cplae::store
