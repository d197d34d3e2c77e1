#include "cplae/stats/type_means.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/stats/correlation.hpp"

namespace cplae::stats {

namespace {

constexpr double no_mean = std::numeric_limits<double>::quiet_NaN();
/// Two points lie on a line whatever they are.
constexpr std::size_t fewest_means = 3;

std::string shape_of(const MatrixF& values) {
  return std::to_string(values.rows()) + " x " + std::to_string(values.cols());
}

void require_fitting(const TypedCells& cells, Eigen::Index features) {
  if (cells.measured.rows() == cells.decoded.rows() && cells.measured.cols() == features &&
      cells.decoded.cols() == features &&
      static_cast<std::size_t>(cells.measured.rows()) == cells.type_of_cell.size())
    return;
  throw NumericError("means of types: " + shape_of(cells.measured) + " measured, " + shape_of(cells.decoded) +
                     " decoded and " + std::to_string(cells.type_of_cell.size()) + " types, expected " +
                     std::to_string(features) + " features and as many cells of all");
}

void normalise(MatrixD& means) {
  for (Eigen::Index feature = 0; feature < means.cols(); ++feature) {
    double largest = 0;
    for (Eigen::Index type = 0; type < means.rows(); ++type)
      if (!std::isnan(means(type, feature))) largest = std::max(largest, std::abs(means(type, feature)));
    if (largest > 0) means.col(feature) /= largest;
  }
}

void centre(MatrixD& means) {
  for (Eigen::Index feature = 0; feature < means.cols(); ++feature) {
    double sum = 0;
    double count = 0;
    for (Eigen::Index type = 0; type < means.rows(); ++type) {
      if (std::isnan(means(type, feature))) continue;
      sum += means(type, feature);
      ++count;
    }
    if (count > 0) means.col(feature).array() -= sum / count;
  }
}

template <class Series>
MeansCorrelation correlation_of(const Series& measured, const Series& decoded) {
  std::vector<double> x;
  std::vector<double> y;
  for (Eigen::Index i = 0; i < measured.size(); ++i) {
    if (std::isnan(measured[i])) continue;
    x.push_back(measured[i]);
    y.push_back(decoded[i]);
  }
  return {x.size() < fewest_means ? no_mean : pearson(x, y), x.size()};
}

}  // namespace

TypeSums::TypeSums(std::size_t types, Eigen::Index features)
    : measured_(MatrixD::Zero(static_cast<Eigen::Index>(types), features)),
      decoded_(measured_),
      entries_(measured_),
      cells_(types, 0) {}

void TypeSums::add(const TypedCells& cells) {
  require_fitting(cells, measured_.cols());
  for (Eigen::Index cell = 0; cell < cells.measured.rows(); ++cell) {
    const std::size_t type = cells.type_of_cell[static_cast<std::size_t>(cell)];
    if (type >= cells_.size()) continue;
    ++cells_[type];
    const auto row = static_cast<Eigen::Index>(type);
    for (Eigen::Index feature = 0; feature < measured_.cols(); ++feature) {
      const double measured = cells.measured(cell, feature);
      const double decoded = cells.decoded(cell, feature);
      if (std::isnan(measured)) continue;
      if (!std::isfinite(decoded))
        throw NumericError("means of types: cell " + std::to_string(cell) + ", feature " +
                           std::to_string(feature) + " is decoded as no finite number");
      measured_(row, feature) += measured;
      decoded_(row, feature) += decoded;
      entries_(row, feature) += 1;
    }
  }
}

TypeMeans TypeSums::means() const {
  TypeMeans means{measured_, decoded_, cells_};
  for (Eigen::Index i = 0; i < entries_.size(); ++i) {
    const double entries = entries_.data()[i];
    means.measured.data()[i] = entries > 0 ? measured_.data()[i] / entries : no_mean;
    means.decoded.data()[i] = entries > 0 ? decoded_.data()[i] / entries : no_mean;
  }
  return means;
}

TypeMeans normalised(TypeMeans means) {
  normalise(means.measured);
  normalise(means.decoded);
  return means;
}

TypeMeans centred(TypeMeans means) {
  centre(means.measured);
  centre(means.decoded);
  return means;
}

std::vector<MeansCorrelation> correlation_of_types(const TypeMeans& means) {
  std::vector<MeansCorrelation> result;
  for (Eigen::Index type = 0; type < means.measured.rows(); ++type)
    result.push_back(correlation_of(means.measured.row(type), means.decoded.row(type)));
  return result;
}

std::vector<MeansCorrelation> correlation_of_features(const TypeMeans& means) {
  std::vector<MeansCorrelation> result;
  for (Eigen::Index feature = 0; feature < means.measured.cols(); ++feature)
    result.push_back(correlation_of(means.measured.col(feature), means.decoded.col(feature)));
  return result;
}

}  // namespace cplae::stats
