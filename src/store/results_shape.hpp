#pragma once
// What of results.h5 its writers and its reader both know: names, types and sizes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/model/layout.hpp"
#include "cplae/study/networks.hpp"
#include "h5/h5.hpp"

namespace cplae::store {

#pragma pack(push, 1)
/// A row of /variants/<v>/replicate as it lies in the file. Packed: file and memory must have one type, and
/// no byte of it may be undefined.
struct ReplicateRow {
  std::int32_t fold;
  std::int32_t init;
  std::uint64_t seed;
  std::uint8_t status;  ///< 0 done, 1 failed
  std::int64_t steps;
  std::int64_t best_step;
  std::int64_t failed_step;
  std::array<char, 32> checksum;
};
#pragma pack(pop)
static_assert(sizeof(ReplicateRow) == 73);

[[nodiscard]] h5::Handle replicate_type();

/// Names of objects in results.h5.
[[nodiscard]] std::string variant_path(const std::string& variant_id);

/// Sizes of a variant's datasets, from the plan alone.
struct VariantShape {
  std::size_t replicates = 0;
  std::size_t cells = 0;
  std::size_t latent_dim = 0;
  std::size_t validations = 0;
  std::size_t terms = 0;
  bool may_end_early = false;  ///< a network whose patience is over has fewer validations
  model::Layout layout;
};
/// `cells` of the run, `features[m]` of modality m.
[[nodiscard]] VariantShape variant_shape(const study::Variant& variant, std::size_t cells,
                                         const std::vector<std::int64_t>& features);

}  // namespace cplae::store
