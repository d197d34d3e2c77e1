#include "prediction_record.hpp"

#include <string>
#include <utility>
#include <vector>

#include "cplae/core/error.hpp"

namespace cplae::reduce {

namespace {

std::string array_key(const std::string& what, const Subset& from, std::size_t to) {
  std::string key = what + "/";
  for (const std::size_t m : from)
    key += (m == from.front() ? "" : "+") + std::to_string(m);
  return key + "/" + std::to_string(to);
}

void put_matrix(Record& record, const std::string& key, const MatrixF& matrix) {
  record.arrays[key] = {{matrix.rows(), matrix.cols()},
                        std::vector<float>(matrix.data(), matrix.data() + matrix.size())};
}

std::optional<MatrixF> get_matrix(const Record& record, const std::string& key) {
  const auto found = record.arrays.find(key);
  if (found == record.arrays.end()) return std::nullopt;
  const auto& [shape, values] = found->second;
  const auto* floats = std::get_if<std::vector<float>>(&values);
  if (floats == nullptr || shape.size() != 2)
    throw DataError("a unit of a baseline holds no matrix of floats as " + key);
  return Eigen::Map<const MatrixF>(floats->data(), shape[0], shape[1]);
}

}  // namespace

void put(Record& record, const Direction& direction, const MatrixF& predicted) {
  put_matrix(record, array_key("prediction", {direction.from}, direction.to), predicted);
}

void put(Record& record, const Subset& from, std::size_t to, const AveragePrediction& average) {
  put_matrix(record, array_key("prediction", from, to), average.mean);
  if (average.spread.size() > 0) put_matrix(record, array_key("spread", from, to), average.spread);
}

std::optional<AveragePrediction> get_average(const Record& record, const Subset& from, std::size_t to) {
  auto mean = get_matrix(record, array_key("prediction", from, to));
  auto spread = get_matrix(record, array_key("spread", from, to));
  if (!mean || !spread) return std::nullopt;
  return AveragePrediction{std::move(*mean), std::move(*spread)};
}

std::optional<MatrixF> get_prediction(const Record& record, const Direction& direction) {
  return get_matrix(record, array_key("prediction", {direction.from}, direction.to));
}

}  // namespace cplae::reduce
