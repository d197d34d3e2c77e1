#include "cplae/core/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace cplae::log {

namespace {

std::atomic<int> this_rank = 0;

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_color_mt("cplae");
    made->set_pattern("%H:%M:%S %^%l%$ %v");
    return made;
  }();
  return *instance;
}

}  // namespace

void info(std::string_view text) {
  logger().info("{}", text);
}
void warning(std::string_view text) {
  logger().warn("{}", text);
}
void error(std::string_view text) {
  logger().error("{}", text);
}

void set_level(Level level) {
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::info, spdlog::level::warn,
                                                  spdlog::level::err};
  logger().set_level(levels[static_cast<std::size_t>(level)]);
}

void shared_warning(std::string_view text) {
  if (this_rank == 0) warning(text);
}

void set_rank(int rank, int ranks) {
  this_rank = rank;
  if (ranks > 1) logger().set_pattern(fmt::format("%H:%M:%S %^%l%$ [rank {}] %v", rank));
}

}  // namespace cplae::log
