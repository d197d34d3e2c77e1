#pragma once
// What every fuzz target shares: a file in memory, and what a refusal must look like.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

/// libFuzzer's entry, which fuzz/replay.cpp calls as well. One target a program.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace cplae::fuzz {

/// Bytes as a file of their own, in memory where the system has a place for that.
class MemoryFile {
public:
  explicit MemoryFile(std::span<const std::uint8_t> bytes);
  /// Under a name of its own, in a folder of its own.
  MemoryFile(std::span<const std::uint8_t> bytes, const std::string& name);
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
  std::filesystem::path folder_;  ///< empty where it has none of its own
};

/// Runs `read`, which may refuse its input by an error of cplae of one line; anything else that it throws, or
/// a refusal of no or several lines, ends the program as a finding. With FUZZ_TELL set each refusal is
/// printed.
void expect_result_or_refusal(const std::function<void()>& read);

/// Ends the program as a finding.
void require(bool holds, const char* what);

}  // namespace cplae::fuzz
