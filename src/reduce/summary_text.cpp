#include <algorithm>
#include <cstdio>
#include <sstream>
#include <vector>

#include "cplae/core/files.hpp"
#include "cplae/reduce/tables.hpp"

namespace cplae::reduce {

namespace {

constexpr std::size_t largest_summary_bytes = std::size_t{1} << 30U;

/// Fields of one line that this program wrote: quotes only around fields with commas.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields{""};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

struct Row {
  std::string variant, metric, mean, sd;
};

std::vector<Row> read_rows(const std::filesystem::path& path) {
  std::istringstream text(read_file(path, largest_summary_bytes));
  std::string line;
  std::getline(text, line);
  std::vector<Row> rows;
  while (std::getline(text, line)) {
    const auto fields = fields_of(line);
    const std::size_t n = fields.size();
    rows.push_back({fields[1], fields[n - 4], fields[n - 3], fields[n - 2]});
  }
  return rows;
}

bool is_headline(const std::string& metric) {
  return metric.starts_with("r2 ") || metric.starts_with("accuracy ") || metric.starts_with("foscttm ") ||
         metric.starts_with("foscttm_mean ") || metric.starts_with("type_pearson ") ||
         metric.starts_with("ensemble_r2 ") || metric == "best_components";
}

std::string rounded(const std::string& number) {
  if (number.empty()) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", std::stod(number));
  return text;
}

}  // namespace

std::string summary_text(const std::filesystem::path& tables) {
  std::ostringstream out;
  std::string variant;
  for (const auto& row : read_rows(tables / "summary.csv")) {
    if (!is_headline(row.metric)) continue;
    if (row.variant != variant) out << row.variant << "\n";
    variant = row.variant;
    std::string metric = row.metric;
    metric.resize(std::max<std::size_t>(metric.size(), 32), ' ');
    out << "  " << metric << " " << rounded(row.mean) << " +- " << rounded(row.sd) << "\n";
  }
  return out.str();
}

}  // namespace cplae::reduce
