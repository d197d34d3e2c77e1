#include "cplae/stats/clustering.hpp"

#include "commands.hpp"
#include "cplae/stats/assignment.hpp"

namespace cplae::probe {

namespace {

stats::Counts to_counts(const Json& rows) {
  return to_matrix(rows).cast<std::int64_t>();
}

template <class Table>
Json from_table(const Table& table) {
  return {{"rows", table.rows}, {"columns", table.columns}, {"counts", from_matrix(table.counts)}};
}

template <class Row, class Column>
Json counted(const Json& request) {
  const auto table = stats::contingency(request.at("first").get<std::vector<Row>>(),
                                        request.at("second").get<std::vector<Column>>());
  Json answer = from_table(table);
  answer["adjusted_rand_index"] = stats::adjusted_rand_index(table.counts);
  answer["mutual_information"] = stats::normalised_mutual_information(table.counts);
  return answer;
}

Json contingency(const Json& request) {
  const bool text = !request.at("second").empty() && request.at("second").at(0).is_string();
  if (text) return counted<std::int64_t, std::string>(request);
  return counted<std::int64_t, std::int64_t>(request);
}

Json square_contingency(const Json& request) {
  return from_table(stats::square_contingency(request.at("first").get<std::vector<std::string>>(),
                                              request.at("second").get<std::vector<std::string>>()));
}

Json contingency_measures(const Json& request) {
  const auto found = stats::contingency_measures(to_counts(request.at("counts")));
  return {found.row_reliability, found.column_reliability, found.diagonal_reliability, found.consistency,
          found.occupancy};
}

Json assignment(const Json& request) {
  const auto found = stats::best_assignment(to_counts(request.at("counts")));
  return {{"column_of_row", found.column_of_row},
          {"row_of_column", found.row_of_column},
          {"trace", found.trace},
          {"row_order", found.row_order}};
}

}  // namespace

void add_clustering(Commands& commands) {
  commands["contingency"] = contingency;
  commands["square_contingency"] = square_contingency;
  commands["contingency_measures"] = contingency_measures;
  commands["assignment"] = assignment;
}

}  // namespace cplae::probe
