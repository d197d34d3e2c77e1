// A mixture goes into a unit and comes out the same; what does not fit is refused.
#include <gtest/gtest.h>

#include "cplae/core/error.hpp"
#include "reduce/mixture_record.hpp"

namespace cplae::reduce {
namespace {

stats::GaussianMixture small_mixture() {
  stats::GaussianMixture mixture;
  mixture.weights = VectorD::LinSpaced(3, 0.2, 0.5);
  mixture.means = MatrixD::Random(3, 2);
  for (int component = 0; component < 3; ++component)
    mixture.covariances.emplace_back(MatrixD::Random(2, 2));
  return mixture;
}

TEST(MixtureRecord, ComesBackAsItWas) {
  const auto mixture = small_mixture();
  Record record;
  put(record, mixture);
  const auto found = get_mixture(decode(encode(record), "test"));
  EXPECT_EQ(found.weights, mixture.weights);
  EXPECT_EQ(found.means, mixture.means);
  EXPECT_EQ(found.covariances, mixture.covariances);
}

TEST(MixtureRecord, RefusesWhatDoesNotFit) {
  Record record;
  EXPECT_THROW(static_cast<void>(get_mixture(record)), DataError);
  put(record, small_mixture());
  record.arrays["mixture/weights"] = {{2}, std::vector<double>{0.5, 0.5}};
  EXPECT_THROW(static_cast<void>(get_mixture(record)), DataError);
}

}  // namespace
}  // namespace cplae::reduce
