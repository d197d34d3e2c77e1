#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/matrix.hpp"

namespace cplae::probe {

using Json = nlohmann::json;

/// A number; null stands for NaN both ways.
inline double to_double(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

inline std::vector<double> to_doubles(const Json& list) {
  std::vector<double> values;
  for (const Json& value : list)
    values.push_back(to_double(value));
  return values;
}

/// A list of rows, or {"file": path of raw doubles by rows, "shape": [rows, columns]}.
inline MatrixD to_matrix(const Json& rows) {
  if (rows.is_object()) {
    const Json& shape = rows.at("shape");
    MatrixD matrix(shape.at(0).get<Eigen::Index>(), shape.at(1).get<Eigen::Index>());
    const std::string bytes = read_file(rows.at("file").get<std::string>(), std::size_t{1} << 30U);
    if (bytes.size() != static_cast<std::size_t>(matrix.size()) * sizeof(double))
      throw DataError("file of another size");
    std::memcpy(matrix.data(), bytes.data(), bytes.size());
    return matrix;
  }
  const auto columns = rows.empty() ? 0 : static_cast<Eigen::Index>(rows[0].size());
  MatrixD matrix(static_cast<Eigen::Index>(rows.size()), columns);
  for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
    const Json& values = rows[static_cast<std::size_t>(row)];
    for (Eigen::Index column = 0; column < columns; ++column) {
      matrix(row, column) = to_double(values[static_cast<std::size_t>(column)]);
    }
  }
  return matrix;
}

inline MatrixF to_matrix_f(const Json& rows) {
  return to_matrix(rows).cast<float>();
}

template <class Matrix>
Json from_matrix(const Matrix& matrix) {
  Json rows = Json::array();
  for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
    Json values = Json::array();
    for (Eigen::Index column = 0; column < matrix.cols(); ++column)
      values.push_back(matrix(row, column));
    rows.push_back(std::move(values));
  }
  return rows;
}

inline Json from_vector(const VectorD& vector) {
  return std::vector<double>(vector.data(), vector.data() + vector.size());
}

}  // namespace cplae::probe
