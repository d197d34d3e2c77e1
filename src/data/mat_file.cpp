#include "mat_file.hpp"

#include <algorithm>
#include <span>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_elements = std::size_t{1} << 34U;
/// zlib cannot pack more tightly than this: a variable that claims more is damaged or hostile.
constexpr std::uintmax_t largest_packing = 1100;

mat_t* open(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw IoError(path.string() + ": no such file");
  if (fs::is_directory(path, error)) throw IoError(path.string() + ": is a folder, expected a MATLAB file");
  mat_t* file = Mat_Open(path.c_str(), MAT_ACC_RDONLY);
  if (file == nullptr)
    throw IoError(path.string() +
                  ": is no MATLAB file that can be read, expected one of version 5 (save -v7)");
  return file;
}

std::string shape_text(const matvar_t& variable) {
  std::vector<std::string> sizes;
  for (const std::size_t size : std::span(variable.dims, static_cast<std::size_t>(variable.rank)))
    sizes.push_back(std::to_string(size));
  return join(sizes, " x ");
}

std::size_t element_count(const matvar_t& variable) {
  std::size_t count = 1;
  for (const std::size_t size : std::span(variable.dims, static_cast<std::size_t>(variable.rank))) {
    if (size > 0 && count > largest_elements / size) return largest_elements + 1;
    count *= size;
  }
  return count;
}

bool is_numeric(const matvar_t& variable) {
  switch (variable.class_type) {
    case MAT_C_DOUBLE:
    case MAT_C_SINGLE:
    case MAT_C_INT8:
    case MAT_C_UINT8:
    case MAT_C_INT16:
    case MAT_C_UINT16:
    case MAT_C_INT32:
    case MAT_C_UINT32:
    case MAT_C_INT64:
    case MAT_C_UINT64:
      return variable.isComplex == 0;
    default:
      return false;
  }
}

template <class T>
std::vector<double> as_doubles(const matvar_t& variable, std::size_t count) {
  const std::span<const T> values(static_cast<const T*>(variable.data), count);
  return {values.begin(), values.end()};
}

/// Column-major values of a numeric variable. Pre-condition: is_numeric.
std::vector<double> numbers(const matvar_t& variable) {
  const std::size_t count = element_count(variable);
  switch (variable.class_type) {
    case MAT_C_DOUBLE:
      return as_doubles<double>(variable, count);
    case MAT_C_SINGLE:
      return as_doubles<float>(variable, count);
    case MAT_C_INT8:
      return as_doubles<std::int8_t>(variable, count);
    case MAT_C_UINT8:
      return as_doubles<std::uint8_t>(variable, count);
    case MAT_C_INT16:
      return as_doubles<std::int16_t>(variable, count);
    case MAT_C_UINT16:
      return as_doubles<std::uint16_t>(variable, count);
    case MAT_C_INT32:
      return as_doubles<std::int32_t>(variable, count);
    case MAT_C_UINT32:
      return as_doubles<std::uint32_t>(variable, count);
    case MAT_C_INT64:
      return as_doubles<std::int64_t>(variable, count);
    default:
      return as_doubles<std::uint64_t>(variable, count);
  }
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

/// Code points of a character array, column-major. matio keeps UTF-8 as bytes and UTF-16 as 16-bit units.
std::vector<std::uint32_t> code_points(const matvar_t& variable, const std::string& what) {
  const std::size_t count = element_count(variable);
  std::vector<std::uint32_t> points;
  points.reserve(count);
  if (variable.data_size == 2) {
    const std::span units(static_cast<const std::uint16_t*>(variable.data), count);
    points.assign(units.begin(), units.end());
    return points;
  }
  const bool is_utf8 = variable.data_type == MAT_T_UTF8;
  const std::span bytes(static_cast<const std::uint8_t*>(variable.data), is_utf8 ? variable.nbytes : count);
  for (const std::uint8_t byte : bytes) {
    const bool continues = is_utf8 && (byte & 0xC0U) == 0x80U && !points.empty();
    // The lead byte gave its low bits (5, 4 or 3 of them); each byte that follows gives six.
    if (continues)
      points.back() = points.back() << 6U | (byte & 0x3FU);
    else
      points.push_back(is_utf8 && byte >= 0xC0 ? byte & (byte >= 0xF0   ? 0x07U
                                                         : byte >= 0xE0 ? 0x0FU
                                                                        : 0x1FU)
                                               : byte);
  }
  if (points.size() < count)
    throw DataError(what + ": characters that are no valid text, expected UTF-8 or UTF-16");
  return points;
}

/// Rows of a character matrix, trailing blanks cut.
std::vector<std::string> rows_of_characters(const matvar_t& variable, const std::string& what) {
  const std::size_t rows = variable.dims[0];
  const std::size_t columns = rows == 0 ? 0 : element_count(variable) / rows;
  const auto points = code_points(variable, what);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < rows; ++i) {
    std::string text;
    for (std::size_t j = 0; j < columns; ++j)
      append_utf8(text, points[i + j * rows]);
    text.resize(std::min(text.find('\0'), text.size()));
    text.resize(text.find_last_not_of(' ') + 1);
    texts.push_back(std::move(text));
  }
  return texts;
}

/// Text of one entry of a cell array: a row of characters, or one number.
std::string entry_text(const matvar_t* entry, const std::string& what) {
  if (entry == nullptr || element_count(*entry) == 0) return "";
  if (entry->class_type == MAT_C_CHAR && entry->data != nullptr) {
    const auto rows = rows_of_characters(*entry, what);
    if (rows.size() == 1) return rows.front();
  } else if (is_numeric(*entry) && element_count(*entry) == 1 && entry->data != nullptr) {
    return number_text(numbers(*entry).front());
  }
  throw DataError(what + ": an entry [" + shape_text(*entry) + "] that is neither one text nor one number");
}

}  // namespace

MatFile::MatFile(const fs::path& path) : path_(path), file_(open(path), Mat_Close) {
  std::error_code error;
  file_bytes_ = fs::file_size(path, error);
  // v7.3 is HDF5, for which matio brings a second HDF5 library along.
  if (Mat_GetVersion(file_.get()) != MAT_FT_MAT5)
    throw DataError(path_.string() + ": is no MATLAB file of version 5, expected one (in MATLAB: save -v7)");
  std::size_t count = 0;
  const char* const* names = Mat_GetDir(file_.get(), &count);
  for (std::size_t i = 0; i < count; ++i)
    if (names != nullptr && names[i] != nullptr) fields_.emplace_back(names[i]);
}

bool MatFile::has(const std::string& field) const {
  return std::find(fields_.begin(), fields_.end(), field) != fields_.end();
}

std::string MatFile::where(const std::string& field) const {
  return path_.string() + ": field '" + field + "'";
}

void MatFile::check_size(const matvar_t& variable, const std::string& what) const {
  const std::size_t count = element_count(variable);
  if (variable.rank < 1 || count > largest_elements || count > file_bytes_ * largest_packing)
    throw DataError(what + ": claims the shape " + shape_text(variable) + ", more than a file of " +
                    std::to_string(file_bytes_) + " bytes can hold");
  if (variable.class_type != MAT_C_CELL || variable.data == nullptr) return;
  for (const matvar_t* entry : std::span(static_cast<matvar_t* const*>(variable.data), count))
    if (entry != nullptr) check_size(*entry, what);
}

MatFile::Variable MatFile::read(const std::string& field) const {
  if (!has(field))
    throw DataError(where(field) + ": missing; there are: " + join(fields_, ", ") +
                    "; expected a file as the authors wrote it");
  Variable variable(Mat_VarReadInfo(file_.get(), field.c_str()), Mat_VarFree);
  if (!variable) throw IoError(where(field) + ": cannot be read");
  check_size(*variable, where(field));
  if (Mat_VarReadDataAll(file_.get(), variable.get()) != 0 ||
      (variable->data == nullptr && element_count(*variable) > 0))
    throw IoError(where(field) + ": cannot be read (the file is damaged or cut short)");
  return variable;
}

MatrixF MatFile::matrix(const std::string& field) const {
  const Variable variable = read(field);
  if (!is_numeric(*variable) || variable->rank != 2)
    throw DataError(where(field) + ": holds no real matrix, expected numbers [cells x features]");
  const auto values = numbers(*variable);
  using ColumnMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;
  return Eigen::Map<const ColumnMajor>(values.data(), static_cast<Eigen::Index>(variable->dims[0]),
                                       static_cast<Eigen::Index>(variable->dims[1]))
      .cast<float>();
}

std::vector<std::string> MatFile::texts(const std::string& field) const {
  const Variable variable = read(field);
  if (variable->class_type == MAT_C_CHAR) return rows_of_characters(*variable, where(field));
  std::vector<std::string> texts;
  if (variable->class_type == MAT_C_CELL) {
    const std::span entries(static_cast<matvar_t* const*>(variable->data), element_count(*variable));
    for (const matvar_t* entry : entries)
      texts.push_back(entry_text(entry, where(field)));
    return texts;
  }
  if (!is_numeric(*variable))
    throw DataError(
        where(field) +
        ": holds neither texts nor numbers, expected a cell array of strings or a character matrix");
  for (const double number : numbers(*variable))
    texts.push_back(number_text(number));
  return texts;
}

}  // namespace cplae::data
