#include "mat_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string_view>

#include "cplae/core/error.hpp"
#include "cplae/core/limits.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t header_bytes = 128;
constexpr std::uint64_t tag_bytes = 8;
constexpr std::uint32_t type_matrix = 14;
constexpr std::uint32_t type_compressed = 15;

std::uint64_t size_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw IoError(path.string() + ": no such file");
  if (fs::is_directory(status)) throw IoError(path.string() + ": is a folder, expected a MATLAB file");
  // To open a pipe would be to wait for whoever writes to it.
  if (!fs::is_regular_file(status))
    throw IoError(path.string() + ": is no regular file, expected a MATLAB file");
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (error) throw IoError(path.string() + ": cannot be read: " + error.message());
  return bytes;
}

std::uint32_t number32(const char* bytes, bool is_swapped) {
  std::array<char, 4> own{bytes[0], bytes[1], bytes[2], bytes[3]};
  if (is_swapped) std::reverse(own.begin(), own.end());
  return std::bit_cast<std::uint32_t>(own);
}

void append_utf8(std::string& text, std::uint32_t point) {
  const auto push = [&](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (point < 0x80) return push(point);
  if (point < 0x800) {
    push(0xC0U | point >> 6U);
  } else {
    if (point < 0x10000) {
      push(0xE0U | point >> 12U);
    } else {
      push(0xF0U | (point >> 18U & 0x07U));
      push(0x80U | (point >> 12U & 0x3FU));
    }
    push(0x80U | (point >> 6U & 0x3FU));
  }
  push(0x80U | (point & 0x3FU));
}

/// Rows of a character matrix, trailing blanks cut.
std::vector<std::string> rows_of_characters(const MatArray& array) {
  const std::uint64_t rows = array.shape[0];
  const std::uint64_t columns = rows == 0 ? 0 : array.size() / rows;
  std::vector<std::string> texts;
  if (array.size() == 0) return texts;
  for (std::uint64_t i = 0; i < rows; ++i) {
    std::string text;
    for (std::uint64_t j = 0; j < columns; ++j)
      append_utf8(text, array.characters[i + j * rows]);
    text.resize(std::min(text.find('\0'), text.size()));
    text.resize(text.find_last_not_of(' ') + 1);
    texts.push_back(std::move(text));
  }
  return texts;
}

/// Text of one entry of a cell array: a row of characters, or one number.
std::string entry_text(const MatArray& entry, const std::string& what) {
  if (entry.size() == 0) return "";
  if (entry.kind == MatArray::Kind::characters && entry.shape[0] == 1)
    return rows_of_characters(entry).front();
  if (entry.kind == MatArray::Kind::numbers && entry.size() == 1) return number_text(entry.numbers.front());
  throw DataError(what + ": an entry [" + entry.shape_text() + "] that is neither one text nor one number");
}

}  // namespace

MatFile::MatFile(const fs::path& path)
    : path_(path), bytes_(size_of(path)), file_(path, std::ios::binary), budget_(bytes_) {
  if (!file_) throw IoError(path_.string() + ": cannot be read");
  check_header();
  try {
    list_variables();
  } catch (const DataError& error) {
    throw DataError(path_.string() + ": " + error.what());
  }
}

void MatFile::check_header() {
  std::array<char, header_bytes> header{};
  file_.read(header.data(), header.size());
  const std::string_view mark(header.data() + 126, 2);
  const auto four = std::span(header).first(4);
  // Version 4 has no header: it starts with a number below 5000.
  const bool is_version_4 = file_.gcount() >= 20 && std::count(four.begin(), four.end(), '\0') > 0;
  if (mark != "IM" && mark != "MI" && !is_version_4)
    throw IoError(path_.string() +
                  ": is no MATLAB file that can be read, expected one of version 5 (save -v7)");
  is_swapped_ = mark == "MI";
  const auto version = static_cast<unsigned char>(is_swapped_ ? header[124] : header[125]);
  // 2 is version 7.3, which is HDF5.
  if (is_version_4 || version != 1)
    throw DataError(path_.string() + ": is no MATLAB file of version 5, expected one (in MATLAB: save -v7)");
}

MatFile::Variable MatFile::variable_at(std::uint64_t offset) {
  std::array<char, tag_bytes> tag{};
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(offset));
  file_.read(tag.data(), tag.size());
  const std::uint32_t type = number32(tag.data(), is_swapped_);
  const std::uint64_t bytes = number32(tag.data() + 4, is_swapped_);
  if (static_cast<std::uint64_t>(file_.gcount()) != tag.size() || bytes > bytes_ - offset - tag_bytes)
    throw DataError("the file is damaged or cut short");
  if (type != type_matrix && type != type_compressed)
    throw DataError("damaged: an element of type " + std::to_string(type) + ", expected a variable");
  Variable found;
  found.is_packed = type == type_compressed;
  // A plain array is parsed from its own tag on; a packed one has its tag inside.
  found.range = {.offset = found.is_packed ? offset + tag_bytes : offset,
                 .bytes = found.is_packed ? bytes : bytes + tag_bytes};
  MatStream stream(file_, found.range, found.is_packed);
  found.name = MatParser(stream, is_swapped_, budget_).header().name;
  return found;
}

void MatFile::list_variables() {
  for (std::uint64_t offset = header_bytes; offset < bytes_;) {
    budget_.take(sizeof(Variable) + limits::text_overhead, "its list of variables");
    variables_.push_back(variable_at(offset));
    offset = variables_.back().range.offset + variables_.back().range.bytes;
  }
}

bool MatFile::has(const std::string& field) const {
  return std::any_of(variables_.begin(), variables_.end(),
                     [&](const auto& one) { return one.name == field; });
}

std::string MatFile::where(const std::string& field) const {
  return path_.string() + ": field '" + field + "'";
}

MatArray MatFile::read(const std::string& field) const {
  std::vector<std::string> names;
  for (const Variable& variable : variables_) {
    names.push_back(one_line(variable.name));
    if (variable.name != field) continue;
    MatStream stream(file_, variable.range, variable.is_packed);
    try {
      return MatParser(stream, is_swapped_, budget_).array();
    } catch (const DataError& error) {
      throw DataError(where(field) + ": " + error.what());
    }
  }
  throw DataError(where(field) + ": missing; there are: " + one_line(join(names, ", ")) +
                  "; expected a file as the authors wrote it");
}

MatrixF MatFile::matrix(const std::string& field) const {
  const MatArray array = read(field);
  if (array.kind != MatArray::Kind::numbers || array.shape.size() != 2)
    throw DataError(where(field) +
                    ": holds no full matrix of real numbers, expected one [cells x features] (of a sparse "
                    "one MATLAB's full() makes it)");
  // 0 x 2^32 is a shape, too, and its rows would be walked.
  if (array.size() == 0)
    throw DataError(where(field) + ": has the shape " + array.shape_text() + ", expected cells and features");
  using ColumnMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;
  return Eigen::Map<const ColumnMajor>(array.numbers.data(), static_cast<Eigen::Index>(array.shape[0]),
                                       static_cast<Eigen::Index>(array.shape[1]))
      .cast<float>();
}

std::vector<std::string> MatFile::texts(const std::string& field) const {
  const MatArray array = read(field);
  std::vector<std::string> texts;
  switch (array.kind) {
    case MatArray::Kind::characters:
      return rows_of_characters(array);
    case MatArray::Kind::cells:
      for (const MatArray& entry : array.cells)
        texts.push_back(entry_text(entry, where(field)));
      return texts;
    case MatArray::Kind::numbers:
      for (const double number : array.numbers)
        texts.push_back(number_text(number));
      return texts;
    case MatArray::Kind::other:
      break;
  }
  throw DataError(
      where(field) +
      ": holds neither texts nor numbers, expected a cell array of strings or a character matrix");
}

}  // namespace cplae::data
