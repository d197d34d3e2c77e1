#include "target.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"

namespace cplae::fuzz {

namespace fs = std::filesystem;

namespace {

fs::path folder_in_memory() {
  std::error_code error;
  const fs::path shared = "/dev/shm";
  return fs::is_directory(shared, error) ? shared : fs::temp_directory_path();
}

/// Writes all of it and closes.
void fill(int descriptor, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    require(written > 0, "a memory file that cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  ::close(descriptor);
}

}  // namespace

MemoryFile::MemoryFile(std::span<const std::uint8_t> bytes) {
  // HDF5 asks for the real path of what it opens, which an anonymous file has not.
  std::string name = folder_in_memory() / "cplae_fuzz_XXXXXX";
  const int descriptor = ::mkstemp(name.data());
  require(descriptor >= 0, "no memory file");
  path_ = name;
  fill(descriptor, bytes);
}

MemoryFile::MemoryFile(std::span<const std::uint8_t> bytes, const std::string& name) {
  std::string folder = folder_in_memory() / "cplae_fuzz_XXXXXX";
  require(::mkdtemp(folder.data()) != nullptr, "no folder in memory");
  folder_ = folder;
  path_ = folder_ / name;
  const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  require(descriptor >= 0, "no memory file");
  fill(descriptor, bytes);
}

MemoryFile::~MemoryFile() {
  std::error_code ignored;
  fs::remove(path_, ignored);
  if (!folder_.empty()) fs::remove(folder_, ignored);
}

void expect_result_or_refusal(const std::function<void()>& read) {
  // Warnings are for people; thousands a second are for nobody.
  log::set_level(log::Level::error);
  try {
    read();
  } catch (const Error& refusal) {
    const std::string_view text = refusal.what();
    static const bool is_told = std::getenv("FUZZ_TELL") != nullptr;
    if (is_told) std::fprintf(stderr, "refused: %s\n", refusal.what());
    require(!text.empty() && text.find_first_of("\n\r") == std::string_view::npos, refusal.what());
  }
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

}  // namespace cplae::fuzz
