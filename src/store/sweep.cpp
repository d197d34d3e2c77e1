#include "sweep.hpp"

#include <vector>

#include "cplae/core/files.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/record.hpp"

namespace cplae::store {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  return files;
}

/// MPI-IO tries locks on files that it names after the one it opens: .locktest.0, -<job>-<process>.lock
bool is_torn_results(const std::string& name, const std::string& torn) {
  if (!name.starts_with(torn)) return false;
  const std::string rest = name.substr(torn.size());
  if (rest.empty() || rest.starts_with(".")) return true;
  return rest.starts_with("-") && rest.find_first_not_of("-0123456789") == rest.rfind(".lock") &&
         rest.ends_with(".lock");
}

/// In the run folder itself users keep files of their own.
bool is_part_of_ours(const fs::path& file, const RunFolder& folder) {
  if (is_torn_results(file.filename().string(), folder.results().filename().string() + ".part")) return true;
  if (!is_part(file)) return false;
  if (file.parent_path() != folder.root()) return true;
  const fs::path whole = fs::path(file).replace_extension();
  return whole == folder.results() || whole == folder.study() || whole == folder.provenance() ||
         whole == folder.report();
}

/// A checkpoint outlives its network where a session was killed between the unit and the end of the
/// checkpoint.
bool is_overtaken(const fs::path& checkpoint, const std::string& identity) {
  if (checkpoint.extension() != ".ckpt") return false;
  const auto unit = read_record(fs::path(checkpoint).replace_extension(".unit"), "network");
  if (!unit) return false;
  const auto found = unit->text.find("identity");
  return found != unit->text.end() && found->second == identity;
}

}  // namespace

void sweep_leftovers(const UnitStore& units) {
  const RunFolder& folder = units.folder();
  std::size_t removed = 0;
  const auto remove = [&](const fs::path& file) {
    std::error_code ignored;
    if (fs::remove(file, ignored)) ++removed;
  };
  const fs::path networks = folder.units(UnitKind::network);
  for (const auto& place : {folder.root(), folder.tables(), folder.figures(), folder.work(),
                            folder.units(UnitKind::statistics), networks})
    for (const auto& file : files_in(place))
      if (is_part_of_ours(file, folder)) remove(file);
  for (const auto& file : files_in(networks))
    if (is_overtaken(file, units.identity())) remove(file);
  if (removed > 0)
    log::info(folder.root().string() + ": " + std::to_string(removed) +
              " leftover files of interrupted sessions removed");
}

}  // namespace cplae::store
