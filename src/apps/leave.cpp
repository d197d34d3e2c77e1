#include "leave.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "cplae/core/text.hpp"

namespace cplae::apps {

namespace {

/// Calls `act` unless it goes before the time is over.
class Watchdog {
public:
  Watchdog(double seconds, std::function<void()> act)
      : thread_([this, seconds, act = std::move(act)] {
          std::unique_lock lock(mutex_);
          const bool was_ended =
              changed_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return ended_; });
          if (!was_ended) act();
        }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

ExitCode report_all(const std::vector<std::string>& ended, bool is_root) {
  ExitCode code = ExitCode::done;
  std::vector<std::string> seen;
  for (const auto& text : ended) {
    const Outcome outcome = unpacked(text);
    if (code == ExitCode::done) code = outcome.code;
    if (std::find(seen.begin(), seen.end(), outcome.text) != seen.end()) continue;
    seen.push_back(outcome.text);
    if (is_root) report(outcome);
  }
  return code;
}

}  // namespace

Outcome attempt(const std::function<ExitCode()>& task) {
  try {
    return {task(), ""};
  } catch (const UsageError& error) {
    return {ExitCode::usage, one_line(error.what())};
  } catch (const DataError& error) {
    return {ExitCode::usage, one_line(error.what())};
  } catch (const Stopped& error) {
    return {ExitCode::stopped, one_line(error.what())};
  } catch (const std::bad_alloc&) {
    return {ExitCode::failed, "out of memory"};
  } catch (const std::exception& error) {
    return {ExitCode::failed, one_line(error.what())};
  } catch (...) {
    return {ExitCode::failed, "an exception that is no std::exception"};
  }
}

/// One letter for the exit code, then the text.
std::string packed(const Outcome& outcome) {
  return static_cast<char>(outcome.code) + outcome.text;
}

Outcome unpacked(const std::string& text) {
  return {static_cast<ExitCode>(text.front()), text.substr(1)};
}

void report(const Outcome& outcome) {
  if (!outcome.text.empty()) std::cerr << "cplae: " + outcome.text + "\n" << std::flush;
}

ExitCode leave(const dist::Session& session, const dist::Communicator& parting, const Outcome& outcome,
               double patience_seconds) {
  if (outcome.text.empty()) return report_all(parting.gather(packed(outcome)), parting.is_root());
  const Watchdog watchdog(patience_seconds, [&] {
    report({outcome.code, "rank " + std::to_string(parting.rank()) + ": " + outcome.text});
    session.abort(static_cast<int>(outcome.code));
  });
  return report_all(parting.gather(packed(outcome)), parting.is_root());
}

}  // namespace cplae::apps
