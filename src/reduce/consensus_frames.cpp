#include "consensus_frames.hpp"

#include <utility>

namespace cplae::reduce {

void ConsensusRows::add(const std::string& measure, const Compared& compared, std::size_t n_cells,
                        double value) {
  measure_.push_back(measure);
  first_.push_back(compared.first);
  second_.push_back(compared.second);
  cells_.push_back(compared.cells);
  n_cells_.push_back(static_cast<std::int64_t>(n_cells));
  value_.push_back(value);
}

Frame ConsensusRows::frame() && {
  return Frame({{"measure", std::move(measure_)},
                {"first", std::move(first_)},
                {"second", std::move(second_)},
                {"cells", std::move(cells_)},
                {"n_cells", std::move(n_cells_)},
                {"value", std::move(value_)}});
}

void ContingencyRows::add(const Compared& compared, const NamedCounts& table) {
  for (Eigen::Index r = 0; r < table.counts.rows(); ++r)
    for (Eigen::Index c = 0; c < table.counts.cols(); ++c) {
      if (table.counts(r, c) == 0) continue;
      first_.push_back(compared.first);
      second_.push_back(compared.second);
      cells_.push_back(compared.cells);
      row_.push_back(table.rows[static_cast<std::size_t>(r)]);
      column_.push_back(table.columns[static_cast<std::size_t>(c)]);
      row_order_.push_back(r);
      column_order_.push_back(c);
      count_.push_back(table.counts(r, c));
    }
}

Frame ContingencyRows::frame() && {
  return Frame({{"first", std::move(first_)},
                {"second", std::move(second_)},
                {"cells", std::move(cells_)},
                {"row", std::move(row_)},
                {"column", std::move(column_)},
                {"row_order", std::move(row_order_)},
                {"column_order", std::move(column_order_)},
                {"count", std::move(count_)}});
}

}  // namespace cplae::reduce
