#include "cplae/core/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <regex>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/limits.hpp"

namespace cplae {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& path, std::string_view action) {
  throw IoError(path.string() + ": " + std::string(action) + " failed: " + std::strerror(errno));
}

/// A file descriptor that closes itself; close() reports what the destructor has to swallow.
class Descriptor {
public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0) : path_(path) {
    do
      fd_ = ::open(path.c_str(), flags, mode);
    while (fd_ < 0 && errno == EINTR);
    if (fd_ < 0) fail(path_, "open");
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  void write_all(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(path_, "write");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  /// Bytes read, 0 at the end of the file.
  std::size_t read_some(std::span<std::byte> out) const {
    for (;;) {
      const ssize_t got = ::read(fd_, out.data(), out.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) fail(path_, "read");
    }
  }
  [[nodiscard]] struct stat status() const {
    struct stat found {};
    if (::fstat(fd_, &found) != 0) fail(path_, "stat");
    return found;
  }
  void sync() const {
    while (::fsync(fd_) != 0)
      if (errno != EINTR) fail(path_, "fsync");
  }
  void close() {
    const int fd = std::exchange(fd_, -1);
    // After EINTR Linux has closed the descriptor: closing again could hit another file.
    if (::close(fd) != 0 && errno != EINTR) fail(path_, "close");
  }

private:
  fs::path path_;
  int fd_ = -1;
};

[[noreturn]] void refuse_kind(const fs::path& path) {
  throw DataError(path.string() + ": is a pipe or a device, expected a regular file");
}

void check_size(const fs::path& path, const struct stat& status) {
  constexpr std::uint64_t block_bytes = 512;
  if (!S_ISREG(status.st_mode)) refuse_kind(path);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::uint64_t on_disk = static_cast<std::uint64_t>(status.st_blocks) * block_bytes;
  if (size > limits::memory_bytes(on_disk))
    throw DataError(path.string() + ": claims " + std::to_string(size) + " bytes, of which " +
                    std::to_string(on_disk) + " are on the disk, expected a file that holds what it claims");
}

/// What of a file is wanted.
struct Wanted {
  const fs::path& path;
  std::size_t bytes;
  std::string_view start;
};

std::string read_all(const Descriptor& file, const Wanted& wanted) {
  std::string text;
  constexpr std::size_t piece = std::size_t{1} << 16U;
  for (std::size_t got = piece; got > 0;) {
    const std::size_t size = text.size();
    text.resize(size + piece);
    got = file.read_some(std::as_writable_bytes(std::span(text).subspan(size)));
    text.resize(size + got);
    if (text.size() > wanted.bytes)
      throw DataError(wanted.path.string() + ": larger than the limit of " + std::to_string(wanted.bytes) +
                      " bytes");
    const std::size_t common = std::min(text.size(), wanted.start.size());
    if (std::string_view(text).substr(0, common) != wanted.start.substr(0, common))
      throw DataError(wanted.path.string() + ": it does not start with " + std::string(wanted.start));
  }
  return text;
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void sync_folder(const fs::path& folder) {
  Descriptor directory(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  directory.sync();
  directory.close();
}

void rename_and_sync(const fs::path& part, const fs::path& path) {
  if (::rename(part.c_str(), path.c_str()) != 0) fail(path, "rename");
  sync_folder(folder_of(path));
}

}  // namespace

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes) {
  const fs::path part = part_of(path);  // of two writers the last rename wins, with a whole file
  try {
    Descriptor file(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    file.write_all(bytes);
    file.sync();
    file.close();
    rename_and_sync(part, path);
  } catch (...) {
    ::unlink(part.c_str());
    throw;
  }
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

fs::path program_folder() {
  return fs::read_symlink("/proc/self/exe").parent_path();
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

fs::path part_of(const fs::path& path) {
  std::string host = host_name();
  std::replace_if(
      host.begin(), host.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return path.string() + ".part" + std::to_string(::getpid()) + "-" + host;
}

bool is_part(const fs::path& path) {
  static const std::regex ending("\\.part([0-9]+(-[A-Za-z0-9_]+)?)?");
  return std::regex_match(path.extension().string(), ending);
}

void commit_file(const fs::path& part, const fs::path& path) {
  Descriptor file(part, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  file.sync();
  file.close();
  rename_and_sync(part, path);
}

void require_regular(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) throw IoError(path.string() + ": is a folder, expected a file");
  if (fs::exists(status) && !fs::is_regular_file(status)) refuse_kind(path);
}

std::string read_file(const fs::path& path, std::size_t limit_bytes, std::string_view start) {
  require_regular(path);
  // What was a file a moment ago may be a pipe by now.
  const Descriptor file(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  check_size(path, file.status());
  return read_all(file, {.path = path, .bytes = limit_bytes, .start = start});
}

std::string read_file_or_pipe(const fs::path& path, std::size_t limit_bytes) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw IoError(path.string() + ": is a folder, expected a file");
  return read_all(Descriptor(path, O_RDONLY | O_CLOEXEC), {.path = path, .bytes = limit_bytes, .start = {}});
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw IoError(path.string() + ": cannot make the folder: " + error.message());
  sync_folder(folder_of(path));
}

}  // namespace cplae
