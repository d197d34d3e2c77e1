#include "cplae/store/network_unit.hpp"

#include <charconv>
#include <span>

#include "cplae/core/error.hpp"
#include "cplae/core/hash.hpp"

namespace cplae::store {

namespace {

constexpr std::int64_t format_version = 1;

template <class Value>
Array array_of(std::vector<Value> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return {.shape = {size}, .values = std::move(values)};
}

Array array_of(const MatrixF& matrix) {
  return {.shape = {matrix.rows(), matrix.cols()},
          .values = std::vector<float>(matrix.data(), matrix.data() + matrix.size())};
}

std::string latents_name(std::size_t modality) {
  return "latents/" + std::to_string(modality);
}

/// The part of the record that is the same for every training of the network.
Record deterministic_record(const NetworkUnit& unit) {
  const train::Result& result = unit.result;
  Record record;
  record.kind = "network";
  record.text["id"] = unit.id;
  record.text["key"] = std::to_string(static_cast<std::uint64_t>(unit.key));
  record.arrays["status"] = array_of(std::vector<std::int64_t>{
      format_version, result.finite ? 0 : 1, result.steps, result.best_step, result.failed_step});
  std::vector<std::uint8_t> roles;
  for (const data::Role role : unit.split)
    roles.push_back(static_cast<std::uint8_t>(role));
  record.arrays["split"] = array_of(std::move(roles));
  record.arrays["losses"] = array_of(result.losses);
  record.arrays["parameters"] = array_of(result.weights.parameters);
  record.arrays["moving"] = array_of(result.weights.moving);
  for (std::size_t m = 0; m < result.latents.size(); ++m)
    record.arrays[latents_name(m)] = array_of(result.latents[m]);
  return record;
}

/// Typed access to a record's content; every failure names the unit.
class Fields {
public:
  explicit Fields(const Record& record) : record_(record) {
    const auto found = record.text.find("id");
    label_ = "unit of network '" + (found == record.text.end() ? "?" : found->second) + "'";
  }

  [[nodiscard]] const std::string& text(const std::string& name) const {
    const auto found = record_.text.find(name);
    if (found == record_.text.end()) fail("no text '" + name + "'");
    return found->second;
  }
  template <class Value>
  [[nodiscard]] const std::vector<Value>& values(const std::string& name) const {
    const auto* found = std::get_if<std::vector<Value>>(&array(name).values);
    if (found == nullptr) fail("array '" + name + "' has another type than expected");
    return *found;
  }
  [[nodiscard]] MatrixF matrix(const std::string& name) const {
    const auto& floats = values<float>(name);
    const auto& shape = array(name).shape;
    if (shape.size() != 2)
      fail("array '" + name + "' has " + std::to_string(shape.size()) + " dimensions, expected 2");
    return Eigen::Map<const MatrixF>(floats.data(), shape[0], shape[1]);
  }
  [[nodiscard]] bool has(const std::string& name) const { return record_.arrays.contains(name); }
  [[noreturn]] void fail(const std::string& what) const { throw DataError(label_ + ": " + what); }

private:
  [[nodiscard]] const Array& array(const std::string& name) const {
    const auto found = record_.arrays.find(name);
    if (found == record_.arrays.end()) fail("no array '" + name + "'");
    return found->second;
  }
  const Record& record_;
  std::string label_;
};

NetworkKey key_of(const Fields& fields) {
  const std::string& text = fields.text("key");
  std::uint64_t key = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key);
  if (error != std::errc() || end != text.data() + text.size())
    fields.fail("key '" + text + "', expected a number");
  return NetworkKey{key};
}

data::Split split_of(const Fields& fields) {
  data::Split split;
  for (const std::uint8_t role : fields.values<std::uint8_t>("split")) {
    if (role > static_cast<std::uint8_t>(data::Role::test))
      fields.fail("split holds " + std::to_string(role));
    split.push_back(static_cast<data::Role>(role));
  }
  return split;
}

}  // namespace

std::string checksum(const NetworkUnit& unit) {
  const std::string bytes = encode(deterministic_record(unit));
  return hash128_hex(std::as_bytes(std::span(bytes)));
}

Record to_record(const NetworkUnit& unit) {
  Record record = deterministic_record(unit);
  record.arrays["seconds"] = array_of(std::vector<double>{unit.result.seconds});
  record.text["device"] = unit.device;
  return record;
}

NetworkUnit to_network_unit(const Record& record) {
  const Fields fields(record);
  NetworkUnit unit{.id = fields.text("id"),
                   .key = key_of(fields),
                   .split = split_of(fields),
                   .result = {},
                   .device = fields.text("device")};
  const auto& status = fields.values<std::int64_t>("status");
  const auto& seconds = fields.values<double>("seconds");
  if (status.size() != 5 || seconds.size() != 1)
    fields.fail("status or seconds of another length than expected");
  if (status[0] != format_version)
    fields.fail("version " + std::to_string(status[0]) + " of units, expected 1");
  train::Result& result = unit.result;
  result.finite = status[1] == 0;
  result.steps = status[2];
  result.best_step = status[3];
  result.failed_step = status[4];
  result.seconds = seconds[0];
  result.losses = fields.matrix("losses");
  result.weights = {fields.values<float>("parameters"), fields.values<float>("moving")};
  for (std::size_t m = 0; fields.has(latents_name(m)); ++m)
    result.latents.push_back(fields.matrix(latents_name(m)));
  return unit;
}

}  // namespace cplae::store
