#include "apps/bench/line.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cplae/core/text.hpp"
#include "cplae/core/version.hpp"

namespace cplae::apps::bench {

namespace {

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string encoded_number(double value) {
  return std::isfinite(value) ? number_text(value) : "null";
}

template <class Values, class Encode>
std::string encoded_list(const Values& values, const Encode& encode) {
  std::vector<std::string> parts;
  for (const auto& value : values)
    parts.push_back(encode(value));
  return "[" + join(parts, ", ") + "]";
}

}  // namespace

Line::Line(const std::string& bench) {
  text("bench", bench);
}

Line& Line::put(const std::string& name, std::string encoded) {
  values_.emplace_back(name, std::move(encoded));
  return *this;
}

Line& Line::text(const std::string& name, const std::string& value) {
  return put(name, quoted(value));
}

Line& Line::integer(const std::string& name, std::int64_t value) {
  return put(name, std::to_string(value));
}

Line& Line::count(const std::string& name, std::size_t value) {
  return put(name, std::to_string(value));
}

Line& Line::number(const std::string& name, double value) {
  return put(name, encoded_number(value));
}

Line& Line::flag(const std::string& name, bool value) {
  return put(name, value ? "true" : "false");
}

Line& Line::numbers(const std::string& name, const std::vector<double>& values) {
  return put(name, encoded_list(values, encoded_number));
}

Line& Line::counts(const std::string& name, const std::vector<std::size_t>& values) {
  return put(name, encoded_list(values, [](std::size_t value) { return std::to_string(value); }));
}

std::string Line::json() const {
  auto all = values_;
  all.emplace_back("version", quoted(version()));
  all.emplace_back("commit", quoted(git_commit()));
  all.emplace_back("build", quoted(build_description()));
  std::vector<std::string> parts;
  for (const auto& [name, value] : all)
    parts.push_back(quoted(name) + ": " + value);
  return "{" + join(parts, ", ") + "}";
}

Spread spread_of(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return {seconds.front(), seconds[(seconds.size() - 1) / 2]};
}

}  // namespace cplae::apps::bench
