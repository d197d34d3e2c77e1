#include "cplae/store/units.hpp"

#include <algorithm>
#include <thread>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"

namespace cplae::store {

namespace fs = std::filesystem;

namespace {

const char* name_of(UnitKind kind) {
  return kind == UnitKind::network ? "network" : "statistics";
}

std::string id_of(const Record& record) {
  const auto found = record.text.find("id");
  return found == record.text.end() ? std::string() : found->second;
}

/// Network file systems remember for a while that a file was not there; listing its folder makes them ask
/// again.
void refresh(const fs::path& folder) {
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored))
    continue;
}

std::vector<fs::path> unit_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".unit" && entry->is_regular_file(error)) files.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory)
    throw IoError(folder.string() + ": cannot be listed: " + error.message());
  return files;
}

}  // namespace

void UnitStore::write(UnitKind kind, const std::string& id, Record record) const {
  record.kind = name_of(kind);
  record.text["id"] = id;
  write_record(folder_.unit(kind, id), record);
}

std::optional<Record> UnitStore::read(UnitKind kind, const std::string& id) const {
  const fs::path path = folder_.unit(kind, id);
  std::optional<Record> record = read_record(path, name_of(kind));
  if (record && id_of(*record) != id) {
    log::warning(path.string() + ": the unit of '" + id_of(*record) + "', expected '" + id +
                 "'; taken as missing");
    return std::nullopt;
  }
  return record;
}

Record UnitStore::read_awaited(UnitKind kind, const std::string& id,
                               std::chrono::milliseconds patience) const {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + patience;
  for (std::chrono::milliseconds pause(10);; pause = std::min(2 * pause, std::chrono::milliseconds(5000))) {
    if (auto record = read(kind, id)) return *std::move(record);
    if (Clock::now() >= end) break;
    std::this_thread::sleep_for(std::min<Clock::duration>(pause, end - Clock::now()));
    refresh(folder_.units(kind));
  }
  throw IoError(folder_.unit(kind, id).string() + ": no whole unit after waiting for " +
                duration_text(std::chrono::duration<double>(patience).count()));
}

std::vector<std::string> UnitStore::finished(UnitKind kind,
                                             const std::function<bool(const Record&)>& counts) const {
  std::vector<std::string> ids;
  for (const auto& file : unit_files(folder_.units(kind))) {
    const auto record = read_record(file, name_of(kind));
    if (!record || folder_.unit(kind, id_of(*record)) != file) continue;
    if (!counts || counts(*record)) ids.push_back(id_of(*record));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

bool UnitStore::is_empty(UnitKind kind) const {
  return unit_files(folder_.units(kind)).empty();
}

}  // namespace cplae::store
