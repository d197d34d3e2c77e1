#include "lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"

namespace cplae::store {

namespace {

std::string signature_in(int descriptor) {
  std::array<char, 300> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  const std::string line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return line.empty() ? "an unknown process" : line.substr(0, line.find('\n'));
}

/// One attempt: 0, or the system's reason.
int try_lock(int descriptor) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  // Of the open file, not of the process: works between hosts on network file systems, and no other close()
  // in this process drops it.
  return ::fcntl(descriptor, F_OFD_SETLK, &whole) == 0 ? 0 : errno;
}

bool is_taken(int reason) {
  return reason == EAGAIN || reason == EACCES;
}

/// Until it is held or the file system turns out to give no locks: 0, or the system's reason.
int lock_in_time(const OpenRun::Lock& lock, const Opening& opening) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds pause(500);
  const std::string folder = lock.path.parent_path().parent_path().string();
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(opening.patience);
  int reason = try_lock(lock.descriptor);
  if (!is_taken(reason)) return reason;
  const std::string at_work =
      folder + ": another run is at work there (" + signature_in(lock.descriptor) + ")";
  if (opening.patience.count() <= 0) throw UsageError(at_work + "; wait for it or give another folder");
  log::warning(at_work + "; waiting for its end, up to " + duration_text(opening.patience.count()));
  while (is_taken(reason)) {
    if (Clock::now() >= end || (opening.stop && opening.stop()))
      throw Stopped(at_work + "; waited for it in vain, run the same command again to go on");
    std::this_thread::sleep_for(pause);
    reason = try_lock(lock.descriptor);
  }
  return reason;
}

}  // namespace

OpenRun::Lock::Lock(const std::filesystem::path& file, const Opening& opening) : path(file) {
  do
    descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) throw IoError(path.string() + ": open failed: " + std::strerror(errno));
  try {
    const int reason = lock_in_time(*this, opening);
    is_held = reason == 0;
    if (!is_held)
      log::warning(path.string() + ": this file system gives no locks (" + std::strerror(reason) +
                   "): two runs at this folder would go unnoticed");
  } catch (...) {
    ::close(descriptor);
    throw;
  }
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
