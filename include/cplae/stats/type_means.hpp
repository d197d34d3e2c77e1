#pragma once
#include <cstddef>
#include <vector>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// What was measured of each type and what was decoded: means over the same cells.
struct TypeMeans {
  MatrixD measured;                ///< [types x features]; NaN: no cell of the type has the feature
  MatrixD decoded;                 ///< [types x features]; NaN at the same places
  std::vector<std::size_t> cells;  ///< [types]
};

/// Cells of one type or of several, measured and decoded.
struct TypedCells {
  const MatrixF& measured;                       ///< [cells x features]; NaN = missing
  const MatrixF& decoded;                        ///< [cells x features]
  const std::vector<std::size_t>& type_of_cell;  ///< [cells]; a number beyond the types: left out
};

/// Gathers means of types, some cells at a time.
class TypeSums {
public:
  TypeSums(std::size_t types, Eigen::Index features);

  /// An entry that was not measured is left out on both sides. Throws NumericError when the shapes differ or
  /// what was decoded beside a measured entry is not finite.
  void add(const TypedCells& cells);
  [[nodiscard]] TypeMeans means() const;

private:
  MatrixD measured_, decoded_, entries_;  ///< sums and counts, [types x features]
  std::vector<std::size_t> cells_;
};

/// Each feature over its largest mean of a type, by magnitude; measured and decoded means each over their
/// own, so that features weigh alike (Gala et al. 2021, Fig. 2). One whose means are all 0 stays as it is.
[[nodiscard]] TypeMeans normalised(TypeMeans means);

/// Less the mean over types of each feature, measured and decoded each: what tells types apart.
[[nodiscard]] TypeMeans centred(TypeMeans means);

/// Pearson's correlation of measured and decoded means; NaN over fewer than three.
struct MeansCorrelation {
  double pearson = 0;
  std::size_t n = 0;  ///< means on either side
};

/// Over the features, for each type. [types]
[[nodiscard]] std::vector<MeansCorrelation> correlation_of_types(const TypeMeans& means);
/// Over the types, for each feature; centring and scaling of features do not change it. [features]
[[nodiscard]] std::vector<MeansCorrelation> correlation_of_features(const TypeMeans& means);

}  // namespace cplae::stats
