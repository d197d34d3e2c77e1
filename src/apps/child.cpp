#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "cplae/core/error.hpp"

namespace cplae::apps {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array child_signals = {SIGINT, SIGTERM, SIGUSR1};
constexpr std::size_t most_said_bytes = 4096;
constexpr int tick_milliseconds = 100;
std::atomic<bool> is_interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not take a lock");

extern "C" void note_interrupt(int /*signal*/) {
  is_interrupted.store(true, std::memory_order_relaxed);
}

/// Notes the signals instead of dying of them, as long as it lives.
class SignalNotes {
public:
  SignalNotes() {
    is_interrupted.store(false, std::memory_order_relaxed);
    for (std::size_t i = 0; i < child_signals.size(); ++i) {
      struct sigaction action {};
      action.sa_handler = note_interrupt;
      sigemptyset(&action.sa_mask);
      sigaction(child_signals[i], &action, &previous_[i]);
    }
  }
  ~SignalNotes() {
    for (std::size_t i = 0; i < child_signals.size(); ++i)
      sigaction(child_signals[i], &previous_[i], nullptr);
  }
  SignalNotes(const SignalNotes&) = delete;
  SignalNotes& operator=(const SignalNotes&) = delete;

private:
  std::array<struct sigaction, child_signals.size()> previous_{};
};

class Pipe {
public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0)
      throw Error("a pipe could not be made: " + std::generic_category().message(errno));
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    close(ends_[0]);
    close_writing();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int reading() const { return ends_[0]; }
  [[nodiscard]] int writing() const { return ends_[1]; }
  void close_writing() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

private:
  std::array<int, 2> ends_{-1, -1};
};

/// What the child is given: no input, no output, the pipe for its errors, a process group of its own and
/// signals as at the start of a program.
class SpawnSettings {
public:
  explicit SpawnSettings(int error_end) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, error_end, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t every, none;
    sigfillset(&every);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &every);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> found;
  for (auto& text : texts)
    found.push_back(text.data());
  found.push_back(nullptr);
  return found;
}

/// Appends what is there; false at the end of the pipe.
bool read_some(int end, std::string& said) {
  std::array<char, most_said_bytes> buffer{};
  for (;;) {
    const ssize_t count = read(end, buffer.data(), buffer.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    said.append(buffer.data(), static_cast<std::size_t>(count));
    if (said.size() > most_said_bytes) said.erase(0, said.size() - most_said_bytes);
  }
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Waits for the child, reading what it says.
ChildEnd follow(pid_t child, int end, Clock::time_point last_moment) {
  ChildEnd ended;
  pollfd watched{.fd = end, .events = POLLIN, .revents = 0};
  for (;;) {
    poll(&watched, 1, tick_milliseconds);
    if (watched.fd >= 0 && !read_some(end, ended.said)) watched.fd = -1;  // nothing more to wait for there
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) {
      read_some(end, ended.said);
      ended.exit_code = exit_code_of(status);
      return ended;
    }
    const bool interrupted = is_interrupted.load(std::memory_order_relaxed);
    if (!interrupted && Clock::now() < last_moment) continue;
    kill(-child, SIGKILL);
    waitpid(child, &status, 0);
    ended.how = interrupted ? ChildEnd::How::interrupted : ChildEnd::How::too_slow;
    return ended;
  }
}

}  // namespace

ChildEnd run_child(const ChildCall& call) {
  const auto last_moment = Clock::now() + std::chrono::duration_cast<Clock::duration>(call.limit);
  std::vector<std::string> words = call.words, environment = call.environment;
  const SignalNotes notes;
  Pipe pipe;
  const SpawnSettings settings(pipe.writing());
  pid_t child = 0;
  const int failed = posix_spawnp(&child, words.front().c_str(), settings.actions(), settings.attributes(),
                                  pointers(words).data(), pointers(environment).data());
  if (failed != 0)
    return {
        .how = ChildEnd::How::not_started, .exit_code = 0, .said = std::generic_category().message(failed)};
  pipe.close_writing();
  return follow(child, pipe.reading(), last_moment);
}

}  // namespace cplae::apps
