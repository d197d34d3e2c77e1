#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "kernels/kernels.hpp"
#include "mixture_parameters.hpp"

namespace cplae::stats {

/// E step and the sums of the M step in one pass over the cells. Holds the cells as columns, in an order in
/// which blocks of them are small, and all scratch, so that iterations allocate nothing.
///
/// A joint density below exp(-reach) of the highest of its cell counts as 0. With the usual reach a component
/// loses less than cells * 9e-17 of its sum of responsibilities, each less than half a unit in the last place
/// of the cell's total. Where that could be more than 1e-12 of the sum (in thousands of cells, a component
/// that holds less than one), the pass reaches to exp(-700).
class MixturePass {
public:
  static constexpr double usual_reach = 37;
  static constexpr double longest_reach = 700;

  MixturePass(const MatrixD& values, std::size_t components, const Kernels& kernels = best_kernels());

  /// Mean log-likelihood of a cell; fills `sums`.
  double run(const MixtureParameters& parameters, MixtureSums& sums);
  /// The same with a reach of one's own.
  double run_within(double reach, const MixtureParameters& parameters, MixtureSums& sums);

  [[nodiscard]] MixtureSums make_sums() const;

private:
  void lay_out_cells(const MatrixD& values);
  void lay_out_boxes();
  void take(const MixtureParameters& parameters);

  const Kernels& kernels_;
  std::size_t cells_;
  std::size_t dim_;
  std::size_t components_;
  std::size_t blocks_;
  std::size_t boxes_;
  double least_weight_;               // sum of responsibilities below which the usual reach is too short
  std::vector<double> shift_;         // [dim] taken off cells and means: the mean cell
  std::vector<double> columns_;       // [dim x blocks * cell_block]; the last cell is repeated
  std::vector<double> valid_;         // [blocks * cell_block]
  std::vector<double> centres_;       // [dim x boxes]
  std::vector<double> extents_;       // [dim x boxes]
  std::vector<double> means_;         // [components x dim]
  std::vector<double> factors_;       // [components x triangle(dim)]
  std::vector<double> offsets_;       // [components x dim]
  std::vector<double> scratch_;       // [components x (cell_block + widest)]
  std::vector<double> off_;           // [dim x cell_block]
  std::vector<std::uint32_t> lists_;  // [(widest + 1) x components]
  std::vector<double> partial_;       // [components x moments(dim) x partial_sums]
};

}  // namespace cplae::stats
