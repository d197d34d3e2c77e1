#pragma once
#include <cstddef>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "mixture_parameters.hpp"

namespace cplae::stats {

/// Which instructions the inner loops use; the bits of the result are the same.
enum class Instructions : unsigned char { best, baseline };

/// E step and the sums of the M step in one pass over the cells. Holds the cells as columns and all scratch,
/// so that iterations allocate nothing. Every sum runs in one fixed order (four interleaved partial sums over
/// blocks of 64 cells), whatever the processor.
class MixturePass {
public:
  MixturePass(const MatrixD& values, std::size_t components, Instructions instructions = Instructions::best);

  /// Mean log-likelihood of a cell; fills `sums`.
  double run(const MixtureParameters& parameters, MixtureSums& sums);

  [[nodiscard]] MixtureSums make_sums() const;

  struct View;

private:
  bool wide_;  // AVX2 is there and wanted
  std::size_t cells_;
  std::size_t dim_;
  std::size_t components_;
  std::size_t padded_;           // cells, rounded up to whole blocks
  std::vector<double> columns_;  // [dim x padded]; the last cell is repeated
  std::vector<double> joint_;    // [components x 64] log joint density, then its exponential
  std::vector<double> partial_;  // [components x moments x 4]
  std::vector<double> off_;      // [dim x 4], where dim is not known at compile time
};

}  // namespace cplae::stats
