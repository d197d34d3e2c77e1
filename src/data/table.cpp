#include "table.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <memory>

#include "cplae/core/error.hpp"
#include "cplae/core/limits.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace fs = std::filesystem;

namespace {

/// A row and each of its fields are objects of their own; most fields become a number in a matrix, and again
/// in the turned one.
constexpr std::uint64_t field_bytes = sizeof(std::string) + 2 * sizeof(float);
constexpr std::uint64_t row_bytes = sizeof(std::vector<std::string>) + sizeof(std::size_t);

/// Splits text into records, one at a time.
class Splitter {
public:
  Splitter(const std::string& text, char delimiter, const fs::path& path)
      : text_(text), delimiter_(delimiter), path_(path) {}

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] std::size_t line() const { return line_; }

  /// `expected` fields: a row of so many takes no more memory than they do.
  std::vector<std::string> record(std::size_t expected = 1) {
    std::vector<std::string> fields;
    fields.reserve(expected);
    do
      fields.push_back(field());
    while (take(delimiter_));
    end_line();
    return fields;
  }

private:
  [[nodiscard]] bool take(char wanted) {
    if (at_end() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void end_line() {
    take_return();
    (void)take('\n');
    ++line_;
  }
  void take_return() { (void)take('\r'); }

  std::string field() { return take('"') ? quoted() : plain(); }

  std::string plain() {
    const std::array<char, 3> stops{delimiter_, '\n', '\r'};
    const std::size_t start = at_;
    at_ = std::min(text_.find_first_of(stops.data(), at_, stops.size()), text_.size());
    return text_.substr(start, at_ - start);
  }

  std::string quoted() {
    const std::size_t first_line = line_;
    std::string value;
    for (;;) {
      if (at_end())
        throw DataError(path_.string() + ": line " + std::to_string(first_line) +
                        ": a quote that is never closed");
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"')
        value += c;
      else if (take('"'))
        value += '"';
      else
        break;
    }
    if (!at_end() && text_[at_] != delimiter_ && text_[at_] != '\n' && text_[at_] != '\r')
      throw DataError(path_.string() + ": line " + std::to_string(line_) +
                      ": text after a closing quote, expected a delimiter");
    return value;
  }

  const std::string& text_;
  char delimiter_;
  const fs::path& path_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

char delimiter_of(const std::string& text, const fs::path& path) {
  fs::path name = path;
  if (name.extension() == ".gz") name.replace_extension();
  if (name.extension() == ".tsv" || name.extension() == ".tab") return '\t';
  const std::string_view header = std::string_view(text).substr(0, text.find('\n'));
  char best = ',';
  for (const char candidate : {';', '\t'})
    if (std::count(header.begin(), header.end(), candidate) > std::count(header.begin(), header.end(), best))
      best = candidate;
  return best;
}

/// No character of UTF-8 holds a line feed but the line feed, so lines can be judged one by one.
void check_text(std::string_view text, const fs::path& path) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    if (!is_utf8(text.substr(0, end)))
      throw DataError(path.string() + ": line " + std::to_string(line) +
                      ": a byte that is no UTF-8 text, expected UTF-8 (iconv converts other encodings)");
    text.remove_prefix(end);
  }
}

/// What the fields of a text take outside of themselves. Quotes hide delimiters, and a field in quotes grows
/// byte by byte, to twice its length at most: with them all of the text counts.
std::uint64_t long_field_bytes(const std::string& text, char delimiter) {
  if (text.find('"') != std::string::npos) return 3 * std::uint64_t{text.size()};
  const std::array<char, 3> stops{delimiter, '\n', '\r'};
  std::uint64_t bytes = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(stops.data(), at, stops.size()), text.size());
    bytes += heap_bytes(end - at);
    at = end + 1;
  }
  return bytes;
}

/// Before the text is taken apart, which stays beside its parts: a byte may become a field of 32. Names of
/// cells and features, and texts of labels, are copied out of the table.
void check_memory(const std::string& text, char delimiter, const fs::path& path) {
  const auto fields = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), delimiter));
  const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const std::uint64_t bytes = text.size() + fields * field_bytes + lines * (row_bytes + field_bytes) +
                              2 * long_field_bytes(text, delimiter);
  if (bytes > table_memory_bytes(path))
    throw DataError(path.string() + ": its " + std::to_string(fields + lines) + " fields take " +
                    std::to_string(bytes) + " bytes of memory, expected at most " +
                    std::to_string(table_memory_bytes(path)) +
                    " of a file of its size (is it packed? unpack it)");
}

bool is_blank(const std::vector<std::string>& fields) {
  return fields.size() == 1 && fields.front().empty();
}

void check_width(const Table& table, const std::vector<std::string>& row, std::size_t line) {
  if (row.size() == table.header.size()) return;
  throw DataError(table.path.string() + ": line " + std::to_string(line) + ": has " +
                  std::to_string(row.size()) + " fields, expected " + std::to_string(table.header.size()) +
                  " as in the header");
}

std::string_view trimmed(std::string_view field) {
  const std::size_t first = field.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return field.substr(first, field.find_last_not_of(" \t") - first + 1);
}

/// zlib puts the file's name before its reason.
std::string reason_of(const std::string& text, const fs::path& path) {
  const std::string prefix = path.string() + ": ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

std::string read_maybe_gzip(const fs::path& path, std::size_t limit_bytes) {
  std::error_code error;
  if (!fs::exists(path, error)) throw IoError(path.string() + ": no such file");
  if (fs::is_directory(path, error)) throw IoError(path.string() + ": is a folder, expected a file");
  // gzopen hands plain files through as they are.
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw IoError(path.string() + ": cannot be opened");
  std::string text;
  std::array<char, 1U << 16U> piece{};
  for (;;) {
    const int got = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()));
    int code = Z_OK;
    const char* reason = gzerror(file.get(), &code);
    if (got < 0 || code == Z_BUF_ERROR)
      throw IoError(path.string() + ": cannot be unpacked: " + reason_of(reason, path));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > limit_bytes)
      throw DataError(path.string() + ": larger than the limit of " + std::to_string(limit_bytes) + " bytes");
  }
}

std::uint64_t table_memory_bytes(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  return limits::memory_bytes(error ? 0 : bytes);
}

std::uint64_t heap_bytes(std::size_t length) {
  constexpr std::size_t inside = 15;
  return length > inside ? std::uint64_t{length} + limits::text_overhead / 2 : 0;
}

bool is_missing(std::string_view field) {
  const std::string_view word = trimmed(field);
  return word.empty() || word == "NA" || word == "N/A" || word == "NaN" || word == "nan";
}

bool is_identifier(std::string_view field) {
  constexpr std::size_t exact_digits = 15;
  const std::string_view word = trimmed(field);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (word.size() < 2 || !std::all_of(word.begin(), word.end(), is_digit)) return false;
  return word.front() == '0' || word.size() > exact_digits;
}

bool parse_number(std::string_view field, double& value) {
  std::string_view digits = trimmed(field);
  if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // Too small becomes 0; too large infinite, which whoever uses the number refuses with the cell's name.
  if (result.ec == std::errc::result_out_of_range) value = std::strtod(std::string(digits).c_str(), nullptr);
  return result.ec != std::errc::invalid_argument && result.ptr == digits.data() + digits.size();
}

std::size_t Table::column(const std::string& name) const {
  const auto at = std::find(header.begin(), header.end(), name);
  if (at != header.end()) return static_cast<std::size_t>(at - header.begin());
  const auto near = nearest(name, header);
  throw DataError(path.string() + ": no column '" + name + "'; there are: " + one_line(join(header, ", ")) +
                  (near ? " (did you mean '" + one_line(*near) + "'?)" : ""));
}

std::string Table::where(std::size_t row, std::size_t column) const {
  return path.string() + ": line " + std::to_string(lines[row]) + ", column '" + one_line(header[column]) +
         "'";
}

double Table::number(std::size_t row, std::size_t column) const {
  const std::string& field = rows[row][column];
  if (is_missing(field)) return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  if (!parse_number(field, value))
    throw DataError(where(row, column) + ": '" + one_line(field) + "', expected a number");
  return value;
}

Table read_table(const fs::path& path) {
  std::string text = read_maybe_gzip(path, table_memory_bytes(path));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  check_text(text, path);
  const char delimiter = delimiter_of(text, path);
  check_memory(text, delimiter, path);
  Splitter splitter(text, delimiter, path);
  Table table;
  table.path = path;
  while (!splitter.at_end() && is_blank(table.header = splitter.record()))
    continue;
  if (table.header.empty() || is_blank(table.header))
    throw DataError(path.string() + ": is empty, expected a header");
  while (!splitter.at_end()) {
    const std::size_t line = splitter.line();
    auto row = splitter.record(table.header.size());
    if (is_blank(row) && table.header.size() > 1) continue;
    if (table.rows.empty() && row.size() == table.header.size() + 1)
      table.header.insert(table.header.begin(), "");
    check_width(table, row, line);
    table.rows.push_back(std::move(row));
    table.lines.push_back(line);
  }
  return table;
}

}  // namespace cplae::data
