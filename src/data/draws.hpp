#pragma once
#include <cstdint>
#include <string_view>

#include "cplae/core/matrix.hpp"
#include "cplae/core/random.hpp"

namespace cplae::data {

/// Reads one random stream element by element; for draws that need an unknown number of elements.
class Draws {
public:
  Draws(NetworkKey key, RandomStream::Address address) : stream_(key, address) {}

  [[nodiscard]] double uniform() { return stream_.uniform_double(next_++); }  ///< in [0, 1)
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return stream_.below(bound, next_++); }
  [[nodiscard]] double normal();
  /// Marsaglia & Tsang 2000. shape > 0, scale 1.
  [[nodiscard]] double gamma(double shape);
  /// By inversion below a mean of 50; above it the rounded normal approximation, whose skewness error (1 /
  /// sqrt(mean)) is far below the overdispersion that counts get on top. mean >= 0.
  [[nodiscard]] double poisson(double mean);
  /// Gamma-Poisson mixture: variance = mean + dispersion * mean^2. dispersion >= 0.
  [[nodiscard]] double negative_binomial(double mean, double dispersion);

private:
  RandomStream stream_;
  std::uint64_t next_ = 0;
};

/// Random streams of one cohort: a part of the simulation (by name) has its own key, so parts do not shift
/// one another.
class SimulationStreams {
public:
  explicit SimulationStreams(std::uint64_t seed) : seed_(seed) {}
  [[nodiscard]] NetworkKey key(std::string_view part) const;
  [[nodiscard]] Draws draws(std::string_view part, std::uint64_t step = 0) const;
  /// Standard normal numbers.
  [[nodiscard]] MatrixD normal(std::string_view part, Eigen::Index rows, Eigen::Index cols) const;
  [[nodiscard]] std::vector<std::size_t> permutation(std::string_view part, std::size_t n) const;

private:
  std::uint64_t seed_;
};

}  // namespace cplae::data
