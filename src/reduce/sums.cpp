#include "sums.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <system_error>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/hash.hpp"
#include "cplae/reduce/verify.hpp"

namespace cplae::reduce {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_sums_bytes = std::size_t{1} << 20U;
constexpr std::size_t digest_characters = 64;

std::vector<fs::path> tables_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".csv") files.push_back(entry->path());
  if (error) throw IoError(folder.string() + ": cannot be listed: " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

/// What is wrong with a table of that checksum; empty if nothing is.
std::string problem_of(const fs::path& file, const std::string& digest) {
  std::error_code error;
  if (!fs::exists(file, error)) return file.string() + ": missing, but named in SHA256SUMS";
  try {
    return sha256_file(file) == digest ? "" : file.string() + ": its checksum is wrong";
  } catch (const Error& problem) {
    return problem.what();
  }
}

}  // namespace

fs::path sums_file(const fs::path& folder) {
  return folder / "SHA256SUMS";
}

void remove_sums(const fs::path& folder) {
  std::error_code error;
  fs::remove(sums_file(folder), error);
  if (error) throw IoError(sums_file(folder).string() + ": cannot be removed: " + error.message());
}

void write_sums(const fs::path& folder) {
  std::string text;
  for (const auto& file : tables_in(folder))
    text += sha256_file(file) + "  " + file.filename().string() + "\n";
  write_file_atomically(sums_file(folder), text);
}

store::Inspection inspect_tables(const fs::path& tables) {
  store::Inspection found;
  std::error_code error;
  const bool is_there = fs::exists(sums_file(tables), error);
  if (error) throw IoError(sums_file(tables).string() + ": cannot be looked at: " + error.message());
  if (!is_there) {
    const std::size_t unnamed = fs::is_directory(tables, error) ? tables_in(tables).size() : 0;
    if (unnamed > 0)
      found.notes.push_back(
          tables.string() + ": " + std::to_string(unnamed) +
          " tables and no SHA256SUMS: the run is not finished, or the file was deleted; they "
          "were not checked, and cplae reduce makes them anew");
    return found;
  }
  std::istringstream lines(read_file(sums_file(tables), largest_sums_bytes));
  std::set<fs::path> listed;
  for (std::string line; std::getline(lines, line);) {
    const fs::path file =
        tables /
        fs::path(line.size() > digest_characters + 2 ? line.substr(digest_characters + 2) : "?").filename();
    listed.insert(file);
    const std::string problem = problem_of(file, line.substr(0, digest_characters));
    if (problem.empty())
      ++found.whole;
    else
      found.damaged.push_back(problem);
  }
  if (listed.empty()) found.damaged.push_back(sums_file(tables).string() + ": names no table");
  for (const auto& file : tables_in(tables))
    if (!listed.empty() && !listed.contains(file))
      found.damaged.push_back(file.string() + ": is not named in SHA256SUMS");
  return found;
}

void require_whole_tables(const fs::path& tables) {
  const auto found = inspect_tables(tables);
  if (!found.damaged.empty()) throw DataError(found.damaged.front());
}

}  // namespace cplae::reduce
