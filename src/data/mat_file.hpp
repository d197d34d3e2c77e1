#pragma once
// MATLAB v5 files through matio: sizes are checked before anything is read, nothing of matio's own printing
// is used.
#include <matio.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"

namespace cplae::data {

class MatFile {
public:
  /// Throws IoError: no such file, a folder, no MATLAB v5 file.
  explicit MatFile(const std::filesystem::path& path);

  [[nodiscard]] bool has(const std::string& field) const;
  /// A real numeric matrix as float32. [rows x columns]. Throws DataError naming the field.
  [[nodiscard]] MatrixF matrix(const std::string& field) const;
  /// Texts of a cell array of strings, the rows of a character matrix (trailing blanks cut), or a numeric
  /// vector. Throws DataError.
  [[nodiscard]] std::vector<std::string> texts(const std::string& field) const;
  /// "FILE: field 'T_dat'", for messages.
  [[nodiscard]] std::string where(const std::string& field) const;

private:
  using Variable = std::unique_ptr<matvar_t, void (*)(matvar_t*)>;
  [[nodiscard]] Variable read(const std::string& field) const;
  void check_size(const matvar_t& variable, const std::string& what) const;

  std::filesystem::path path_;
  std::uintmax_t file_bytes_ = 0;
  std::vector<std::string> fields_;
  std::unique_ptr<mat_t, int (*)(mat_t*)> file_;
};

}  // namespace cplae::data
