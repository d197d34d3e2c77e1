#include "mixture_pass.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cell_order.hpp"

namespace cplae::stats {

namespace {

std::size_t rounded_up(std::size_t count, std::size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

double sum_of(const double* partial) {
  return (partial[0] + partial[1]) + (partial[2] + partial[3]);
}
static_assert(partial_sums == 4);

}  // namespace

MixturePass::MixturePass(const MatrixD& values, std::size_t components, const Kernels& kernels)
    : kernels_(kernels),
      cells_(static_cast<std::size_t>(values.rows())),
      dim_(static_cast<std::size_t>(values.cols())),
      components_(components),
      blocks_((cells_ + cell_block - 1) / cell_block),
      boxes_(rounded_up(blocks_, widest)),
      least_weight_(1e12 * static_cast<double>(cells_) * std::exp(-usual_reach)),
      shift_(dim_),
      columns_(dim_ * blocks_ * cell_block),
      valid_(blocks_ * cell_block),
      centres_(dim_ * boxes_),
      extents_(dim_ * boxes_),
      means_(components * dim_),
      factors_(components * triangle(dim_)),
      offsets_(components * dim_),
      scratch_(components * (cell_block + widest)),
      off_(dim_ * cell_block),
      lists_((widest + 1) * components),
      partial_(components * moments(dim_) * partial_sums) {
  lay_out_cells(values);
  lay_out_boxes();
}

void MixturePass::lay_out_cells(const MatrixD& values) {
  const std::vector<std::size_t> order = compact_order(values, cell_block);
  for (std::size_t i = 0; i < valid_.size(); ++i)
    valid_[i] = i < cells_ ? 1 : 0;
  for (std::size_t j = 0; j < dim_; ++j) {
    shift_[j] = values.col(static_cast<Eigen::Index>(j)).mean();
    for (std::size_t i = 0; i < valid_.size(); ++i)
      columns_[j * valid_.size() + i] = values.data()[order[std::min(i, cells_ - 1)] * dim_ + j] - shift_[j];
  }
}

void MixturePass::lay_out_boxes() {
  for (std::size_t j = 0; j < dim_; ++j) {
    const double* column = columns_.data() + j * valid_.size();
    double range = std::abs(shift_[j]);
    for (std::size_t i = 0; i < valid_.size(); ++i)
      range = std::max(range, std::abs(column[i]));
    for (std::size_t box = 0; box < boxes_; ++box) {
      const double* first = column + std::min(box, blocks_ - 1) * cell_block;
      const auto [low, high] = std::minmax_element(first, first + cell_block);
      centres_[j * boxes_ + box] = *low + 0.5 * (*high - *low);
      // Means lie within the range too, so that rounding moves no cell of the box out of it.
      extents_[j * boxes_ + box] = 0.5 * (*high - *low) + 1e-13 * range;
    }
  }
}

MixtureSums MixturePass::make_sums() const {
  return {std::vector<double>(components_), std::vector<double>(components_ * dim_),
          std::vector<double>(components_ * triangle(dim_))};
}

void MixturePass::take(const MixtureParameters& parameters) {
  for (std::size_t at = 0; at < factors_.size(); ++at)
    factors_[at] = parameters.inverse_cholesky[at] * (0.5 * std::numbers::sqrt2);
  for (std::size_t c = 0; c < components_; ++c) {
    const double* factor = factors_.data() + c * triangle(dim_);
    double* mean = means_.data() + c * dim_;
    for (std::size_t i = 0; i < dim_; ++i) {
      mean[i] = parameters.means[c * dim_ + i] - shift_[i];
      double offset = 0;
      for (std::size_t j = 0; j <= i; ++j)
        offset -= factor[triangle(i) + j] * mean[j];
      offsets_[c * dim_ + i] = offset;
    }
  }
}

double MixturePass::run(const MixtureParameters& parameters, MixtureSums& sums) {
  const auto is_light = [this](double weight) { return !(weight >= least_weight_); };
  const auto cells = static_cast<double>(cells_);
  const bool was_light = std::any_of(parameters.weights.begin(), parameters.weights.end(),
                                     [&](double share) { return is_light(share * cells); });
  const double result = run_within(was_light ? longest_reach : usual_reach, parameters, sums);
  if (was_light || std::none_of(sums.weight.begin(), sums.weight.end(), is_light)) return result;
  return run_within(longest_reach, parameters, sums);
}

double MixturePass::run_within(double reach, const MixtureParameters& parameters, MixtureSums& sums) {
  take(parameters);
  std::fill(partial_.begin(), partial_.end(), 0.0);
  const MixtureStep step{.dim = dim_,
                         .components = components_,
                         .blocks = blocks_,
                         .boxes = boxes_,
                         .cells = columns_.data(),
                         .valid = valid_.data(),
                         .centres = centres_.data(),
                         .extents = extents_.data(),
                         .means = means_.data(),
                         .factors = factors_.data(),
                         .offsets = offsets_.data(),
                         .constants = parameters.log_constants.data(),
                         .reach = reach,
                         .scratch = scratch_.data(),
                         .off = off_.data(),
                         .lists = lists_.data(),
                         .partial = partial_.data()};
  const double log_likelihood = kernels_.mixture_step(step);
  const double* partial = partial_.data();
  for (std::size_t c = 0; c < components_; ++c) {
    sums.weight[c] = sum_of(partial);
    partial += partial_sums;
    for (std::size_t j = 0; j < dim_; ++j, partial += partial_sums)
      sums.first[c * dim_ + j] = sum_of(partial);
    for (std::size_t at = 0; at < triangle(dim_); ++at, partial += partial_sums)
      sums.second[c * triangle(dim_) + at] = sum_of(partial);
  }
  return log_likelihood / static_cast<double>(cells_);
}

}  // namespace cplae::stats
