#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/reduce/frame.hpp"
#include "cplae/stats/type_means.hpp"

namespace cplae::reduce {

/// Means of types in one direction, over the features of a panel, and what their rows and columns are called.
struct NamedTypeMeans {
  std::string from;
  std::string to;
  std::string chosen;  ///< how the features were: "panel" or "r2"
  std::size_t folds = 0;
  std::vector<std::string> types;
  std::vector<std::string> features;
  stats::TypeMeans means;
};

/// Collects the rows of typewise.csv and type_correlations.csv.
class TypeRows {
public:
  void add(const NamedTypeMeans& named);
  /// The rows so far, which are gone then.
  [[nodiscard]] Frame take_means();
  [[nodiscard]] Frame take_correlations();

private:
  void add_means(const NamedTypeMeans& named);
  void add_types(const NamedTypeMeans& named);
  void add_features(const NamedTypeMeans& named);
  struct Correlated {
    std::string over;
    std::string name;
    std::size_t n = 0;
    std::size_t n_cells = 0;
    double pearson, raw, centred;
  };
  void put(const NamedTypeMeans& named, const Correlated& row);

  struct Means {
    std::vector<std::string> from, to, type, feature;
    std::vector<std::int64_t> n_cells;
    std::vector<double> measured, decoded;
  };
  Means means_;
  std::vector<std::string> from_, to_, over_, name_, panel_;
  std::vector<std::int64_t> folds_, n_, n_cells_;
  std::vector<double> pearson_, raw_, centred_;
};

}  // namespace cplae::reduce
