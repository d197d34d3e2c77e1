#include "prediction_record.hpp"

#include <string>
#include <vector>

#include "cplae/core/error.hpp"

namespace cplae::reduce {

namespace {

std::string prediction_key(const Direction& direction) {
  return "prediction/" + std::to_string(direction.from) + "/" + std::to_string(direction.to);
}

}  // namespace

void put(Record& record, const Direction& direction, const MatrixF& predicted) {
  record.arrays[prediction_key(direction)] = {
      {predicted.rows(), predicted.cols()},
      std::vector<float>(predicted.data(), predicted.data() + predicted.size())};
}

std::optional<MatrixF> get_prediction(const Record& record, const Direction& direction) {
  const auto found = record.arrays.find(prediction_key(direction));
  if (found == record.arrays.end()) return std::nullopt;
  const auto& [shape, values] = found->second;
  const auto* floats = std::get_if<std::vector<float>>(&values);
  if (floats == nullptr || shape.size() != 2)
    throw DataError("a unit of a baseline holds no matrix of floats as " + prediction_key(direction));
  return Eigen::Map<const MatrixF>(floats->data(), shape[0], shape[1]);
}

}  // namespace cplae::reduce
