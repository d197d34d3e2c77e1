#include "apps/bench/plain_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "cplae/core/error.hpp"

namespace cplae::apps::bench {

namespace {

constexpr std::size_t piece = std::size_t{1} << 20U;

class File {
public:
  File(const std::filesystem::path& path, int flags)
      : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) fail("open");
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::size_t write_some(const char* data, std::size_t size) {
    return moved("write", [&] { return ::write(descriptor_, data, size); });
  }
  std::size_t read_some(char* data, std::size_t size) {
    return moved("read", [&] { return ::read(descriptor_, data, size); });
  }
  void flush() {
    moved("fsync", [&] { return static_cast<ssize_t>(::fsync(descriptor_)); });
  }

private:
  template <class Call>
  std::size_t moved(const char* action, const Call& call) {
    ssize_t bytes = -1;
    do {
      bytes = call();
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0) fail(action);
    return static_cast<std::size_t>(bytes);
  }

  [[noreturn]] void fail(const char* action) const {
    throw IoError(path_.string() + ": " + action + " failed: " + std::strerror(errno));
  }

  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace

void plain_write(const std::filesystem::path& path, std::size_t bytes) {
  const std::vector<char> buffer(piece, 'x');
  File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  while (bytes > 0)
    bytes -= file.write_some(buffer.data(), std::min(piece, bytes));
  file.flush();
}

void plain_read(const std::filesystem::path& path, std::size_t bytes) {
  std::vector<char> buffer(piece);
  File file(path, O_RDONLY);
  std::size_t all = 0;
  while (const std::size_t got = file.read_some(buffer.data(), buffer.size()))
    all += got;
  if (all != bytes)
    throw IoError(path.string() + ": found " + std::to_string(all) + " bytes, expected " +
                  std::to_string(bytes));
}

}  // namespace cplae::apps::bench
