#pragma once
#include <string_view>

namespace cplae::log {

enum class Level { info, warning, error };

/// One line on standard error: time, level, rank (once set), text. Thread-safe; never throws.
void info(std::string_view text);
void warning(std::string_view text);
void error(std::string_view text);
/// A warning of what every rank comes upon alike: rank 0 (where none is set: this process) prints it.
void shared_warning(std::string_view text);

void set_level(Level level);
/// Names the rank in every later line of this process.
void set_rank(int rank, int ranks);

}  // namespace cplae::log
