#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/data/taxonomy.hpp"

namespace cplae::data {

/// A text table with a header; rows all as long as the header.
struct Table {
  std::filesystem::path path;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> lines;  ///< [rows] line of the file where each row starts, from 1

  /// Index of a column. Throws DataError naming it, those there are and the nearest one.
  [[nodiscard]] std::size_t column(const std::string& name) const;
  /// "FILE: line 7, column 'height'"
  [[nodiscard]] std::string where(std::size_t row, std::size_t column) const;
  /// The number in a field, NaN where it is missing. Throws DataError naming file, line and column.
  [[nodiscard]] double number(std::size_t row, std::size_t column) const;
};

/// Reads a CSV or TSV file by RFC 4180 (quotes, doubled quotes, line breaks in quotes, CRLF), UTF-8 with or
/// without byte-order mark, plain or gzip. The delimiter is tab for .tsv, else the most frequent of comma,
/// semicolon and tab in the header. A header that is one field short (R's write.table) names no row-name
/// column: an empty name is put first. Throws IoError and DataError (file, line, found, expected).
[[nodiscard]] Table read_table(const std::filesystem::path& path);

/// Is the field a missing value: blank, NA, N/A, NaN?
[[nodiscard]] bool is_missing(std::string_view field);

/// A field as a number; false when it is none. Surrounding blanks and a leading plus are allowed.
/// Pre-condition: not missing.
[[nodiscard]] bool parse_number(std::string_view field, double& value);

/// Whether a field of digits names something rather than counts it: 007, or more digits than a number of
/// double precision keeps apart (15). Read as a number, 01 and 1 would be one label.
[[nodiscard]] bool is_identifier(std::string_view field);

/// A whole file, unpacked where it is gzip; a pipe will do. Throws IoError, DataError when larger than
/// `limit_bytes`.
[[nodiscard]] std::string read_maybe_gzip(const std::filesystem::path& path, std::size_t limit_bytes);

/// What the contents of a table may take in memory; a pipe, whose size nobody knows, counts as a small file.
[[nodiscard]] std::uint64_t table_memory_bytes(const std::filesystem::path& path);

/// What a text of this length takes beside its std::string: its bytes, and what the allocator adds; short
/// ones lie in the object itself.
[[nodiscard]] std::uint64_t heap_bytes(std::size_t length);

}  // namespace cplae::data
