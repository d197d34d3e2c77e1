#include "mixture_record.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "cplae/core/error.hpp"

namespace cplae::reduce {

namespace {

Array array_of(std::vector<std::int64_t> shape, std::vector<double> values) {
  return {std::move(shape), std::move(values)};
}

const std::vector<double>& numbers(const Record& record, const std::string& name, std::int64_t count) {
  const auto found = record.arrays.find("mixture/" + name);
  const auto* values =
      found == record.arrays.end() ? nullptr : std::get_if<std::vector<double>>(&found->second.values);
  if (values == nullptr || static_cast<std::int64_t>(values->size()) != count)
    throw DataError("a unit of a mixture lacks its " + name + ", or holds too many or too few");
  return *values;
}

}  // namespace

void put(Record& record, const stats::GaussianMixture& mixture) {
  const std::int64_t k = mixture.weights.size();
  const std::int64_t d = mixture.means.cols();
  std::vector<double> covariances;
  for (const MatrixD& covariance : mixture.covariances)
    covariances.insert(covariances.end(), covariance.data(), covariance.data() + covariance.size());
  record.arrays["mixture/weights"] =
      array_of({k}, {mixture.weights.data(), mixture.weights.data() + mixture.weights.size()});
  record.arrays["mixture/means"] =
      array_of({k, d}, {mixture.means.data(), mixture.means.data() + mixture.means.size()});
  record.arrays["mixture/covariances"] = array_of({k, d, d}, std::move(covariances));
}

stats::GaussianMixture get_mixture(const Record& record) {
  const auto means = record.arrays.find("mixture/means");
  if (means == record.arrays.end() || means->second.shape.size() != 2)
    throw DataError("a unit of a mixture lacks its means");
  const std::int64_t k = means->second.shape[0];
  const std::int64_t d = means->second.shape[1];
  stats::GaussianMixture mixture;
  mixture.weights = Eigen::Map<const VectorD>(numbers(record, "weights", k).data(), k);
  mixture.means = Eigen::Map<const MatrixD>(numbers(record, "means", k * d).data(), k, d);
  const auto& covariances = numbers(record, "covariances", k * d * d);
  for (std::int64_t component = 0; component < k; ++component)
    mixture.covariances.emplace_back(Eigen::Map<const MatrixD>(covariances.data() + component * d * d, d, d));
  return mixture;
}

}  // namespace cplae::reduce
