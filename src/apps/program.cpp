#include "program.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "cplae/core/text.hpp"
#include "cplae/core/version.hpp"
#include "cplae/study/parse.hpp"

namespace cplae::apps {

namespace {

constexpr const char* first_steps = R"(A first study, from nothing to tables:
  cplae simulate --preset demo --seed 1 --out cohort.h5mu
  mpirun -n 2 cplae run jobs/demo.toml --data cohort.h5mu --out demo_run
  cplae export demo_run --to latents.h5mu

Help on one command: cplae help COMMAND; on every key of a study: cplae help keys
Exit codes: 0 done, 1 failed, 2 wrong usage or bad input (nothing was written),
3 finished but some networks failed, 75 stopped before the end (run again to go on).)";

SerialTask print(const std::string& text) {
  return [text] {
    std::cout << text << std::flush;
    return ExitCode::done;
  };
}

/// None if there is no such command.
CLI::App* find_command(CLI::App& parser, const std::string& name) {
  const auto found =
      parser.get_subcommands([&](const CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

std::vector<std::string> command_names(const CLI::App& parser) {
  std::vector<std::string> names;
  for (const CLI::App* command : parser.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& parser) {
  std::vector<std::string> names;
  for (const CLI::Option* option : parser.get_options())
    if (!option->get_positional()) names.push_back(option->get_name());
  return names;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const auto near = nearest(word, known);
  return near ? "; did you mean " + *near + "?" : "";
}

[[noreturn]] void refuse_command(const std::string& word, const CLI::App& parser,
                                 const std::vector<std::string>& topics = {}) {
  auto known = command_names(parser);
  known.insert(known.end(), topics.begin(), topics.end());
  if (known.empty())
    throw UsageError("cplae " + parser.get_name() + " has no command '" + word + "': it has none of its own");
  throw UsageError("unknown command '" + word + "', expected one of " + join(known, ", ") +
                   suggestion(word, known));
}

/// The command that was reached on the command line, and its full name without the program's.
struct Reached {
  CLI::App* parser;
  std::string name;
};

Reached reached(CLI::App& program) {
  Reached at{&program, ""};
  for (auto below = program.get_subcommands(); !below.empty(); below = at.parser->get_subcommands()) {
    at.parser = below.front();
    at.name += (at.name.empty() ? "" : " ") + at.parser->get_name();
  }
  return at;
}

/// One line in place of the parser's own words, where these would not name the slip.
UsageError explained(CLI::App& program, const CLI::ParseError& error) {
  const Reached at = reached(program);
  const std::string prefix = at.name.empty() ? "" : at.name + ": ";
  const std::string help = " (see: cplae " + (at.name.empty() ? "" : at.name + " ") + "--help)";
  const std::vector<std::string> extra = at.parser->remaining();
  const auto option = std::find_if(extra.begin(), extra.end(),
                                   [](const auto& word) { return word.size() > 1 && word[0] == '-'; });
  if (option != extra.end())
    return UsageError(prefix + "unknown option " + *option + suggestion(*option, option_names(*at.parser)) +
                      help);
  if (!extra.empty())
    return UsageError(prefix + "unexpected argument '" + extra.front() + "'" +
                      suggestion(extra.front(), command_names(*at.parser)) + help);
  return UsageError(prefix + error.what() + help);
}

/// Text of `cplae help WORDS...`.
std::string help_on(CLI::App& program, const std::vector<std::string>& words) {
  const std::string keys = "keys";  // of studies; no command has this name
  if (words == std::vector{keys}) return study::key_reference();
  CLI::App* parser = &program;
  std::string before;
  for (const auto& word : words) {
    before += (before.empty() ? "" : " ") + parser->get_name();
    CLI::App* next = find_command(*parser, word);
    if (next == nullptr && parser == &program) refuse_command(word, *parser, {keys});
    if (next == nullptr) refuse_command(word, *parser);
    parser = next;
  }
  return parser->help(before);
}

std::string joined(int argc, const char* const* argv) {
  return join(std::vector<std::string>(argv, argv + argc), " ");
}

std::vector<Command> add_commands(CLI::App& program, const std::string& command_line) {
  std::vector<Command> commands{add_simulate(program)};
  const auto append = [&](std::vector<Command> more) {
    commands.insert(commands.end(), more.begin(), more.end());
  };
  append(add_import(program));
  commands.push_back(add_plan(program));
  append(add_run_commands(program, command_line));
  commands.push_back(add_status(program));
  commands.push_back(add_verify(program));
  commands.push_back(add_report(program));
  commands.push_back(add_export(program));
  commands.push_back(add_predict(program));
  append(add_bench(program));
  return commands;
}

Task chosen(CLI::App& program, const std::vector<Command>& commands) {
  const CLI::App* parser = reached(program).parser;
  for (const auto& command : commands)
    if (command.parser == parser) return command.task;
  return print(program.help());
}

}  // namespace

Task interpret(int argc, const char* const* argv) {
  CLI::App program("cplae: coupled autoencoders for whole studies of multimodal single-cell data", "cplae");
  program.get_formatter()->column_width(38);
  program.set_version_flag("--version", "cplae " + version() + " (" + git_commit() + ")");
  program.footer(first_steps);
  // At most one: else CLI11 takes the words after `help` for commands of their own.
  program.require_subcommand(0, 1);
  const std::vector<Command> commands = add_commands(program, joined(argc, argv));
  program.add_subcommand("help",
                         "help on a command: cplae help run; on the keys of a study: cplae help keys");
  if (argc > 1 && std::string_view(argv[1]) == "help")
    return print(help_on(program, std::vector<std::string>(argv + 2, argv + argc)));
  if (argc > 1 && argv[1][0] != '-' && find_command(program, argv[1]) == nullptr)
    refuse_command(argv[1], program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::CallForVersion& version_text) {
    return print(std::string(version_text.what()) + "\n");
  } catch (const CLI::CallForHelp&) {
    return print(program.help());
  } catch (const CLI::ParseError& error) {
    throw explained(program, error);
  }
  return chosen(program, commands);
}

}  // namespace cplae::apps
