#include "draws.hpp"

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace cplae::data {

double Draws::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

double Draws::gamma(double shape) {
  if (shape < 1) {
    // 1 - u is never 0, so the power is positive.
    const double power = std::pow(1.0 - uniform(), 1.0 / shape);
    return power * gamma(shape + 1.0);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal();
    const double root = 1.0 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1.0 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Draws::poisson(double mean) {
  constexpr double inversion_limit = 50;
  if (mean >= inversion_limit) return std::max(0.0, std::round(mean + std::sqrt(mean) * normal()));
  double term = std::exp(-mean);
  double cumulative = term;
  const double u = uniform();
  double count = 0;
  // The tail beyond 400 is below the resolution of u for every mean of this branch.
  while (u >= cumulative && count < 400) {
    count += 1;
    term *= mean / count;
    cumulative += term;
  }
  return count;
}

double Draws::negative_binomial(double mean, double dispersion) {
  if (!(dispersion > 0)) return poisson(mean);
  return poisson(mean * dispersion * gamma(1.0 / dispersion));
}

NetworkKey SimulationStreams::key(std::string_view part) const {
  return make_key(seed_, "simulation/" + std::string(part));
}

Draws SimulationStreams::draws(std::string_view part, std::uint64_t step) const {
  return {key(part), {.purpose = Purpose::simulation, .step = step}};
}

MatrixD SimulationStreams::normal(std::string_view part, Eigen::Index rows, Eigen::Index cols) const {
  std::vector<float> numbers(static_cast<std::size_t>(rows * cols));
  RandomStream(key(part), {.purpose = Purpose::simulation}).fill_normal(numbers);
  return Eigen::Map<const MatrixF>(numbers.data(), rows, cols).cast<double>();
}

std::vector<std::size_t> SimulationStreams::permutation(std::string_view part, std::size_t n) const {
  return RandomStream(key(part), {.purpose = Purpose::simulation}).permutation(n);
}

}  // namespace cplae::data
