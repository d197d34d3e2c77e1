#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace cplae::test {

/// A fresh folder for one test, removed with everything in it.
class Scratch {
public:
  Scratch() {
    std::string pattern = testing::TempDir() + "cplae_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), pattern);
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Files and folders in it, itself not counted.
  [[nodiscard]] std::size_t entries() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_))
      count += entry.exists() ? 1U : 0U;
    return count;
  }

private:
  std::filesystem::path path_;
};

}  // namespace cplae::test
