#pragma once
#include <string>
#include <vector>

#include "task.hpp"

namespace cplae::apps {

/// Each adds its command, with options and help, to the program's parser.
[[nodiscard]] Command add_simulate(CLI::App& program);
[[nodiscard]] std::vector<Command> add_import(CLI::App& program);  ///< import mat, import csv
[[nodiscard]] Command add_plan(CLI::App& program);
[[nodiscard]] std::vector<Command> add_bench(CLI::App& program);  ///< bench train, bench gmm, bench io
[[nodiscard]] Command add_status(CLI::App& program);
[[nodiscard]] Command add_verify(CLI::App& program);
[[nodiscard]] Command add_report(CLI::App& program);
[[nodiscard]] Command add_export(CLI::App& program);
[[nodiscard]] Command add_predict(CLI::App& program);
/// run, train, evaluate and reduce; the command line goes to provenance.json.
[[nodiscard]] std::vector<Command> add_run_commands(CLI::App& program, const std::string& command_line);

}  // namespace cplae::apps
