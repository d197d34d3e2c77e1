#pragma once
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "mat_array.hpp"

namespace cplae::data {

/// The variables of a MATLAB file of version 5, compressed or not, of either byte order. Reading one takes no
/// more memory than its file allows (limits::memory_bytes), whatever the file says of itself.
class MatFile {
public:
  /// Reads where the variables are and what they are called. Throws IoError: no such file, a folder, no
  /// MATLAB file of version 5; DataError: of another version, damaged.
  explicit MatFile(const std::filesystem::path& path);

  [[nodiscard]] bool has(const std::string& field) const;
  /// A real numeric matrix as float32. [rows x columns]. Throws DataError naming the field.
  [[nodiscard]] MatrixF matrix(const std::string& field) const;
  /// Texts of a cell array of strings, the rows of a character matrix (trailing blanks cut), or a numeric
  /// vector. Throws DataError.
  [[nodiscard]] std::vector<std::string> texts(const std::string& field) const;
  /// "FILE: field 'T_dat'", for messages.
  [[nodiscard]] std::string where(const std::string& field) const;
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
  struct Variable {
    std::string name;
    FileRange range;
    bool is_packed = false;
  };
  void check_header();
  void list_variables();
  [[nodiscard]] Variable variable_at(std::uint64_t offset);
  [[nodiscard]] MatArray read(const std::string& field) const;

  std::filesystem::path path_;
  std::uint64_t bytes_;
  bool is_swapped_ = false;
  std::vector<Variable> variables_;
  mutable std::ifstream file_;
  mutable Budget budget_;
};

}  // namespace cplae::data
