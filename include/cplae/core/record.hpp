#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cplae {

/// A named array of a record: row-major values and shape.
struct Array {
  std::vector<std::int64_t> shape;
  std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>, std::vector<std::uint8_t>>
      values;
};

/// What a unit file or checkpoint holds: text attributes and arrays.
struct Record {
  std::string kind;  ///< "network", "checkpoint", "evaluation", ...
  std::map<std::string, std::string> text;
  std::map<std::string, Array> arrays;
};

/// magic, version, header length, JSON header, payload, XXH3-128 of all before it. Deterministic: equal
/// records give equal bytes. Throws Error when an array's values do not fill its shape, or a text is not
/// UTF-8.
[[nodiscard]] std::string encode(const Record& record);
/// Throws DataError naming `label` and what is wrong (magic, version, length, checksum, header).
[[nodiscard]] Record decode(const std::string& bytes, const std::string& label);

/// The record in a file. Throws DataError as `decode`, and for what is no regular file or ends before it says
/// so; a file of another kind is not read through. Throws IoError.
[[nodiscard]] Record load_record(const std::filesystem::path& path);

/// Atomic write. Throws IoError.
void write_record(const std::filesystem::path& path, const Record& record);
/// None if there is no such file; a file that is not a whole record of `kind` is named in a warning and
/// counts as none. Throws IoError when the file is there but cannot be read.
[[nodiscard]] std::optional<Record> read_record(const std::filesystem::path& path, const std::string& kind);

}  // namespace cplae
