#include "lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/log.hpp"

namespace cplae::store {

namespace {

std::string signature_in(int descriptor) {
  std::array<char, 300> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  const std::string line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return line.empty() ? "an unknown process" : line.substr(0, line.find('\n'));
}

}  // namespace

OpenRun::Lock::Lock(const std::filesystem::path& file) : path(file) {
  do
    descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) throw IoError(path.string() + ": open failed: " + std::strerror(errno));
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  // Of the open file, not of the process: works between hosts on network file systems, and no other close()
  // in this process drops it.
  is_held = ::fcntl(descriptor, F_OFD_SETLK, &whole) == 0;
  if (is_held) return;
  const int reason = errno;
  const std::string owner = signature_in(descriptor);
  if (reason == EAGAIN || reason == EACCES) {
    ::close(descriptor);
    throw UsageError(path.parent_path().parent_path().string() + ": another run is at work there (" + owner +
                     "); wait for it or give another folder");
  }
  log::warning(path.string() + ": this file system gives no locks (" + std::strerror(reason) +
               "): two runs at this folder would go unnoticed");
}

OpenRun::Lock::~Lock() {
  ::close(descriptor);
}

void OpenRun::Lock::sign() const {
  const std::string line = "host " + host_name() + ", process " + std::to_string(::getpid()) + "\n";
  while (::ftruncate(descriptor, 0) != 0)
    if (errno != EINTR) throw IoError(path.string() + ": truncation failed: " + std::strerror(errno));
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t written = ::pwrite(descriptor, line.data() + at, line.size() - at, static_cast<off_t>(at));
    if (written < 0 && errno != EINTR)
      throw IoError(path.string() + ": write failed: " + std::strerror(errno));
    at += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
}

}  // namespace cplae::store
