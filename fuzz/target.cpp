#include "target.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"

namespace cplae::fuzz {

MemoryFile::MemoryFile(std::span<const std::uint8_t> bytes)
    : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
  require(descriptor_ >= 0, "no memory file");
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    require(written > 0, "a memory file that cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

MemoryFile::~MemoryFile() {
  ::close(descriptor_);
}

std::filesystem::path MemoryFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

void expect_result_or_refusal(const std::function<void()>& read) {
  // Warnings are for people; thousands a second are for nobody.
  log::set_level(log::Level::error);
  try {
    read();
  } catch (const Error& refusal) {
    const std::string_view text = refusal.what();
    require(!text.empty() && text.find_first_of("\n\r") == std::string_view::npos, refusal.what());
  }
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

}  // namespace cplae::fuzz
