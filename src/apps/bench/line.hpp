#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cplae::apps::bench {

/// One measurement: named values in the order they were put, printed as one JSON object.
class Line {
public:
  /// `bench` names the kind of measurement ("train").
  explicit Line(const std::string& bench);

  Line& text(const std::string& name, const std::string& value);
  Line& integer(const std::string& name, std::int64_t value);
  Line& count(const std::string& name, std::size_t value);
  /// A value that is not finite is null.
  Line& number(const std::string& name, double value);
  Line& flag(const std::string& name, bool value);
  Line& numbers(const std::string& name, const std::vector<double>& values);
  Line& counts(const std::string& name, const std::vector<std::size_t>& values);

  /// The object on one line, without a line break; version, commit and build come last.
  [[nodiscard]] std::string json() const;

private:
  Line& put(const std::string& name, std::string encoded);
  std::vector<std::pair<std::string, std::string>> values_;  ///< name -> JSON
};

/// Smallest and middle of at least one number; of an even count the lower middle, so that it was measured.
struct Spread {
  double best = 0;
  double median = 0;
};
[[nodiscard]] Spread spread_of(std::vector<double> seconds);

}  // namespace cplae::apps::bench
