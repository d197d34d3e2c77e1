#pragma once
// What the prediction of new cells is compared with: errors of cells that a network did not train on.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/dataset.hpp"
#include "cplae/reduce/frame.hpp"

namespace cplae::reduce {

/// Collects the frame held_out of one network: a row a held-out cell and modality.
class HeldOutRows {
public:
  /// Held-out cells that have the modality: truth [cells x features] against what the network made of it.
  void add(const data::Modality& modality, const MatrixF& truth, const MatrixF& reconstructed);
  [[nodiscard]] Frame frame() &&;

private:
  std::vector<std::string> modality_;
  std::vector<double> error_, missing_;
};

/// Collects the rows of held_out.csv: percentiles over the pooled held-out cells of all networks of a
/// variant.
class HeldOutPercentiles {
public:
  /// `variant`: the keys of a row without the replicate's; `held_out`: of one of its networks.
  void add(const std::vector<std::string>& variant, const Frame& held_out);
  /// Atomic. Throws IoError.
  void write(const std::vector<std::string>& keys, const std::filesystem::path& path) const;

private:
  struct Pool {
    std::vector<std::string> variant;
    std::string modality;
    std::vector<double> error, missing;
  };
  Pool& pool_of(const std::vector<std::string>& variant, const std::string& modality);

  std::vector<Pool> pools_;  ///< in the order of the networks
  std::map<std::pair<std::vector<std::string>, std::string>, std::size_t> place_;
};

}  // namespace cplae::reduce
