#pragma once
// How well the latents of two modalities of the same cells meet.
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/dataset.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/reduce/frame.hpp"

namespace cplae::reduce {

/// Latents of all cells in one modality, [cells x latent]; rows of cells that lack it are not looked at.
struct EncodedModality {
  const data::Modality& modality;
  MatrixD latents;
};

/// Collects the rows of matching.csv.
class MatchingRows {
public:
  /// From each modality to each other one, on held-out cells that have both. "foscttm": share of cells whose
  /// latents in `to` lie strictly closer to a cell's latents in `from` than its own, "foscttm_ties_half" with
  /// half of the equally far ones, and once a pair of modalities "foscttm_mean", the mean of foscttm in both
  /// directions; ceiling 0. For the labels as they stand in obs, by the training cells that
  /// have `to`: "label_transfer" (5 nearest), its ceiling being the share of labelled cells whose label is
  /// there to be transferred, and "purity" (15 nearest). Measures without a cell to score are left out.
  /// Throws NumericError where latents are not finite, and Stopped.
  void add(const Context& context, const std::vector<EncodedModality>& modalities, const data::Split& split,
           const std::vector<LabelScheme>& schemes);
  [[nodiscard]] Frame frame() &&;

private:
  struct Measured {
    std::string measure;
    std::string label;
    std::size_t n_cells = 0;
    double value = 0;
    double ceiling = 0;
  };
  void add_partners(const EncodedModality& first, const EncodedModality& second,
                    const std::vector<Eigen::Index>& held_out);
  void add_labels(const EncodedModality& from, const EncodedModality& to,
                  const std::vector<Eigen::Index>& held_out, const data::Split& split,
                  const std::vector<LabelScheme>& schemes);
  void put(const std::string& from, const std::string& to, const Measured& measured);
  std::vector<std::string> from_, to_, measure_, label_;
  std::vector<std::int64_t> n_cells_;
  std::vector<double> value_, ceiling_;
};

}  // namespace cplae::reduce
