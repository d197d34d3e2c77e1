#include "apps/bench/number_table.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"

namespace cplae::apps::bench {

namespace {

constexpr std::size_t largest_bytes = std::size_t{1} << 32U;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::optional<double> number_in(std::string_view field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

class Reader {
public:
  explicit Reader(const std::filesystem::path& path) : path_(path) {}

  MatrixD read() {
    std::istringstream lines(read_file(path_, largest_bytes));
    for (std::string line; std::getline(lines, line);) {
      ++line_;
      if (!trimmed(line).empty()) add(fields_of(line));
    }
    if (values_.empty()) throw DataError(path_.string() + ": found no row of numbers, expected some");
    return Eigen::Map<const MatrixD>(values_.data(), static_cast<Eigen::Index>(values_.size() / columns_),
                                     static_cast<Eigen::Index>(columns_));
  }

private:
  void add(const std::vector<std::string_view>& fields) {
    const bool may_be_header = columns_ == 0;
    if (may_be_header) columns_ = fields.size();
    if (fields.size() != columns_)
      throw DataError(where() + "found " + std::to_string(fields.size()) + " fields, expected " +
                      std::to_string(columns_));
    const std::size_t before = values_.size();
    for (const auto& field : fields) {
      if (const auto value = number_in(field)) {
        values_.push_back(*value);
      } else if (may_be_header) {
        return values_.resize(before);
      } else {
        throw DataError(where() + "found '" + std::string(field) + "', expected a finite number");
      }
    }
  }

  [[nodiscard]] std::string where() const {
    return path_.string() + ": line " + std::to_string(line_) + ": ";
  }

  const std::filesystem::path& path_;
  std::size_t line_ = 0;
  std::size_t columns_ = 0;
  std::vector<double> values_;
};

}  // namespace

MatrixD read_numbers(const std::filesystem::path& path) {
  return Reader(path).read();
}

}  // namespace cplae::apps::bench
