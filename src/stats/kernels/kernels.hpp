#pragma once
// The loops over cells, once for each set of processor instructions. Only plain types here: the files that
// define them are compiled with instructions of their own.
#include <cstddef>
#include <cstdint>

/// Inlined into its caller, and so compiled for the caller's instructions.
#define CPLAE_INLINE inline __attribute__((always_inline))

namespace cplae::stats {

/// Cells are taken in blocks of this many; arrays over cells are padded to whole blocks.
constexpr std::size_t cell_block = 16;
/// Every moment runs in this many partial sums, cell i in sum i % 4, whatever the width of a vector.
constexpr std::size_t partial_sums = 4;
/// Doubles of the widest vector.
constexpr std::size_t widest = 8;

/// Entries of a lower triangle, diagonal included.
[[nodiscard]] CPLAE_INLINE constexpr std::size_t triangle(std::size_t dim) {
  return dim * (dim + 1) / 2;
}
/// Sums of one component: r, r (x - m), r (x - m)(x - m)^T.
[[nodiscard]] CPLAE_INLINE constexpr std::size_t moments(std::size_t dim) {
  return 1 + dim + triangle(dim);
}

/// A mixture and the cells for one E step. The factors L are lower triangles by rows, such that
/// |L (x - m)|^2 is half the squared Mahalanobis distance.
struct MixtureStep {
  std::size_t dim = 0;
  std::size_t components = 0;
  std::size_t blocks = 0;             ///< of cells
  std::size_t boxes = 0;              ///< blocks, padded to a multiple of widest
  const double* cells = nullptr;      ///< [dim x blocks * cell_block]
  const double* valid = nullptr;      ///< [blocks * cell_block] 1, or 0 for padding
  const double* centres = nullptr;    ///< [dim x boxes] of the box around each block
  const double* extents = nullptr;    ///< [dim x boxes] half edges of the boxes
  const double* means = nullptr;      ///< [components x dim]
  const double* factors = nullptr;    ///< [components x triangle(dim)] L
  const double* offsets = nullptr;    ///< [components x dim] -L m
  const double* constants = nullptr;  ///< [components] log joint density at the mean
  double reach = 0;  ///< joint densities below exp(-reach) of the cell's highest count as 0; up to 700
  double* scratch = nullptr;       ///< [components x (cell_block + widest)]
  double* off = nullptr;           ///< scratch, [dim x cell_block]
  std::uint32_t* lists = nullptr;  ///< [(widest + 1) x components]
  double* partial = nullptr;       ///< [components x moments(dim) x partial_sums], added to
};

/// Cells as columns and the centres of clusters.
struct Centres {
  std::size_t dim = 0;
  std::size_t clusters = 0;
  std::size_t cells = 0;            ///< a multiple of cell_block
  const double* columns = nullptr;  ///< [dim x cells]
  const double* centres = nullptr;  ///< [clusters x dim]
};

/// Rows of the factors are taken in portions of this many, and each portion's sum is added as a whole.
constexpr std::size_t product_depth = 192;

/// sums(i, j) += sign * (sum over k of factors(k, i) factors(k, j)) where i >= j; what lies above stays.
struct SymmetricProduct {
  std::size_t size = 0;
  std::size_t depth = 0;
  std::size_t stride = 0;           ///< of the factors' rows
  std::size_t sums_stride = 0;      ///< of the sums' columns
  const double* factors = nullptr;  ///< [depth x size], by rows
  double* sums = nullptr;           ///< [size x size], by columns
  double* scratch = nullptr;        ///< [product_depth * (size + 3 * widest)]
  double sign = 1;
};

struct Kernels {
  /// Sum of the log-likelihoods of the cells; adds to `partial`.
  double (*mixture_step)(const MixtureStep&);
  /// Squared distance to the nearest centre, and which it is (the first of equals). [cells] each
  void (*nearest)(const Centres&, double* squares, std::int64_t* owners);
  /// out = min(squares, squared distance to each cell from the one centre given); returns the sum over the
  /// first `count` cells.
  double (*closer)(const Centres&, const double* squares, std::size_t count, double* out);
  /// x becomes exp(x) for -700 < x <= 0, 0 below; within two units in the last place.
  void (*exponentials)(double* values, std::size_t count);
  void (*add_symmetric_product)(const SymmetricProduct&);
  const char* name;
};

const Kernels& kernels_baseline();
#if defined(__x86_64__)
const Kernels& kernels_avx2();    ///< needs AVX2 and FMA
const Kernels& kernels_avx512();  ///< needs AVX-512 F and DQ; the bits of kernels_avx2
#endif
/// Those of this processor. Results have the same bits on all processors that have AVX2 and FMA.
const Kernels& best_kernels();

}  // namespace cplae::stats
