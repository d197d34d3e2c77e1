#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/data/transform.hpp"
#include "cplae/model/layout.hpp"
#include "cplae/study/networks.hpp"

namespace cplae::store {

/// One row of /variants/<v>/replicate.
struct Replicate {
  std::int64_t fold = -1;  ///< -1 where replicates are initialisations
  std::int64_t init = -1;  ///< -1 where replicates are folds
  NetworkKey key{};
  bool done = false;  ///< false: the network turned non-finite
  std::int64_t steps = 0;
  std::int64_t best_step = 0;
  std::int64_t failed_step = -1;
  std::string checksum;
};

/// A results.h5, read serially. Local. All functions throw DataError naming file and object when the file is
/// not as write_results makes it, IoError when it cannot be read; Error for a variant, replicate or modality
/// that there is not.
class ResultsReader {
public:
  explicit ResultsReader(const std::filesystem::path& path);
  ResultsReader(ResultsReader&&) noexcept;
  ResultsReader& operator=(ResultsReader&&) noexcept;
  ~ResultsReader();

  [[nodiscard]] const study::Study& study() const;
  /// Variants and networks of the study, with their specs.
  [[nodiscard]] const study::Plan& plan() const;
  [[nodiscard]] const std::vector<std::string>& cells() const;
  /// Of the study's modality of that name.
  [[nodiscard]] std::vector<std::string> features(const std::string& modality) const;
  /// How that modality's values were centred and scaled.
  [[nodiscard]] data::FeatureScaling scaling(const std::string& modality) const;
  [[nodiscard]] std::string data_sha256() const;

  [[nodiscard]] std::vector<Replicate> replicates(const std::string& variant) const;
  /// [cells x latent], NaN for cells without the modality.
  [[nodiscard]] MatrixF latents(const study::Network& network, const std::string& modality) const;
  [[nodiscard]] data::Split split(const study::Network& network) const;
  [[nodiscard]] model::Weights weights(const study::Network& network) const;
  /// [validations x terms], NaN in rows that a failed network did not reach. Terms: train::loss_names.
  [[nodiscard]] MatrixF losses(const study::Network& network) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cplae::store
