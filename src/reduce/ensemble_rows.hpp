#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/reduce/frame.hpp"

namespace cplae::reduce {

/// Collects the rows of ensembles.csv.
class EnsembleRows {
public:
  /// What a measure is of: a direction, or the latents of one modality and a label column.
  struct Place {
    std::string from;
    std::string to;
    std::string label;
    std::size_t n_cells = 0;
    std::size_t members = 0;
  };
  void add(const Place& place, const std::string& measure, double value);
  [[nodiscard]] Frame frame() &&;

private:
  std::vector<std::string> measure_, from_, to_, label_;
  std::vector<std::int64_t> members_, n_cells_;
  std::vector<double> value_;
};

}  // namespace cplae::reduce
