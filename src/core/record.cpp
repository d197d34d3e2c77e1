#include "cplae/core/record.hpp"

#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <type_traits>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/hash.hpp"
#include "cplae/core/log.hpp"

namespace cplae {

// File: magic (8 bytes), version (uint32), length of the header (uint64), header (JSON), arrays in the
// header's order, XXH3-128 of all before it as 32 hexadecimal digits. Numbers are little-endian.
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "records are written as they lie in memory");

constexpr std::string_view magic = "CPLAEREC";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t prefix_bytes = magic.size() + sizeof(std::uint32_t) + sizeof(std::uint64_t);
constexpr std::size_t checksum_bytes = 32;
constexpr std::size_t largest_record_bytes = std::size_t{1} << 36U;

std::string checksum_of(std::string_view bytes) {
  return hash128_hex(std::as_bytes(std::span(bytes)));
}

template <class Number>
void append_number(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  Number number{};
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

template <class Value>
constexpr const char* type_name() {
  if constexpr (std::is_same_v<Value, float>) return "float32";
  if constexpr (std::is_same_v<Value, double>) return "float64";
  if constexpr (std::is_same_v<Value, std::int64_t>) return "int64";
  if constexpr (std::is_same_v<Value, std::uint8_t>) return "uint8";
}

/// Number of values of a shape; none if a dimension is negative or the values cannot fit into `limit`.
std::optional<std::size_t> count_of(const std::vector<std::int64_t>& shape, std::size_t limit) {
  std::size_t count = 1;
  bool is_empty = false;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    is_empty = is_empty || extent == 0;
  }
  if (is_empty) return 0;
  for (const std::int64_t extent : shape) {
    const auto factor = static_cast<std::size_t>(extent);
    if (count > limit / factor) return std::nullopt;
    count *= factor;
  }
  return count <= limit ? std::optional(count) : std::nullopt;
}

Json header_of(const Record& record) {
  Json arrays = Json::array();
  for (const auto& [name, array] : record.arrays) {
    std::visit(
        [&, &key = name, &shape = array.shape](const auto& values) {
          using Value = typename std::decay_t<decltype(values)>::value_type;
          if (count_of(shape, std::numeric_limits<std::size_t>::max()) != values.size())
            throw Error("record '" + record.kind + "': array '" + key + "' has " +
                        std::to_string(values.size()) + " values, which its shape does not expect");
          arrays.push_back({{"name", key}, {"type", type_name<Value>()}, {"shape", shape}});
        },
        array.values);
  }
  return {{"kind", record.kind}, {"text", record.text}, {"arrays", arrays}};
}

/// Takes the arrays one by one off the payload.
class Payload {
public:
  explicit Payload(std::string_view bytes) : bytes_(bytes) {}

  template <class Value>
  std::vector<Value> take(const std::vector<std::int64_t>& shape) {
    // Checked before any memory is asked for, so that a forged shape cannot ask for more than the file holds.
    const auto count = count_of(shape, bytes_.size() / sizeof(Value));
    if (!count) throw DataError("an array larger than the file");
    std::vector<Value> values(*count);
    if (*count > 0) std::memcpy(values.data(), bytes_.data(), *count * sizeof(Value));
    bytes_.remove_prefix(*count * sizeof(Value));
    return values;
  }
  [[nodiscard]] bool is_used_up() const { return bytes_.empty(); }

private:
  std::string_view bytes_;
};

Array take_array(const std::string& type, std::vector<std::int64_t> shape, Payload& payload) {
  Array array;
  if (type == type_name<float>())
    array.values = payload.take<float>(shape);
  else if (type == type_name<double>())
    array.values = payload.take<double>(shape);
  else if (type == type_name<std::int64_t>())
    array.values = payload.take<std::int64_t>(shape);
  else if (type == type_name<std::uint8_t>())
    array.values = payload.take<std::uint8_t>(shape);
  else
    throw DataError("an array of unknown type '" + type + "'");
  array.shape = std::move(shape);
  return array;
}

Record parse_body(std::string_view header, std::string_view payload_bytes) {
  const Json json = Json::parse(header);
  Record record;
  record.kind = json.at("kind").get<std::string>();
  record.text = json.at("text").get<std::map<std::string, std::string>>();
  Payload payload(payload_bytes);
  for (const Json& entry : json.at("arrays")) {
    const auto name = entry.at("name").get<std::string>();
    Array array = take_array(entry.at("type").get<std::string>(),
                             entry.at("shape").get<std::vector<std::int64_t>>(), payload);
    if (!record.arrays.emplace(name, std::move(array)).second) throw DataError("two arrays '" + name + "'");
  }
  if (!payload.is_used_up()) throw DataError("bytes after the last array");
  return record;
}

/// The part between prefix and checksum, split into header and payload; throws DataError without the label.
Record parse(std::string_view bytes) {
  if (bytes.size() < prefix_bytes + checksum_bytes)
    throw DataError(std::to_string(bytes.size()) + " bytes, too short");
  if (!bytes.starts_with(magic)) throw DataError("it does not start with " + std::string(magic));
  const std::string_view guarded = bytes.substr(0, bytes.size() - checksum_bytes);
  if (checksum_of(guarded) != bytes.substr(guarded.size()))
    throw DataError("its checksum is wrong (cut or damaged)");
  const auto version = number_at<std::uint32_t>(bytes, magic.size());
  if (version != format_version)
    throw DataError("version " + std::to_string(version) + ", expected " + std::to_string(format_version));
  const auto header_bytes = number_at<std::uint64_t>(bytes, magic.size() + sizeof version);
  const std::string_view body = guarded.substr(prefix_bytes);
  if (header_bytes > body.size()) throw DataError("a header longer than the file");
  try {
    return parse_body(body.substr(0, header_bytes), body.substr(header_bytes));
  } catch (const Json::exception& error) {
    throw DataError(std::string("its header cannot be read: ") + error.what());
  }
}

}  // namespace

std::string encode(const Record& record) {
  std::string header;
  try {
    header = header_of(record).dump();
  } catch (const Json::exception& error) {
    throw Error("record '" + record.kind + "': a text that is no UTF-8: " + error.what());
  }
  std::string bytes(magic);
  append_number(bytes, format_version);
  append_number(bytes, std::uint64_t{header.size()});
  bytes += header;
  for (const auto& [name, array] : record.arrays) {
    std::visit(
        [&](const auto& values) {
          if (values.empty()) return;
          bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
        },
        array.values);
  }
  return bytes += checksum_of(bytes);
}

Record decode(const std::string& bytes, const std::string& label) {
  try {
    return parse(bytes);
  } catch (const DataError& error) {
    throw DataError(label + ": not a whole record: " + error.what());
  }
}

Record load_record(const std::filesystem::path& path) {
  std::string bytes;
  try {
    bytes = read_file(path, largest_record_bytes, magic);
  } catch (const DataError& error) {
    const std::string label = path.string() + ": ";
    throw DataError(label + "not a whole record: " + std::string(error.what()).substr(label.size()));
  }
  return decode(bytes, path.string());
}

void write_record(const std::filesystem::path& path, const Record& record) {
  write_file_atomically(path, encode(record));
}

std::optional<Record> read_record(const std::filesystem::path& path, const std::string& kind) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::nullopt;
  try {
    Record record = load_record(path);
    if (record.kind == kind) return record;
    log::warning(path.string() + ": a record of kind '" + record.kind + "', expected '" + kind +
                 "'; taken as missing");
  } catch (const DataError& damage) {
    log::warning(std::string(damage.what()) + "; taken as missing");
  }
  return std::nullopt;
}

}  // namespace cplae
