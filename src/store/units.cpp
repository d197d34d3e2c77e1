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

std::string text_of(const Record& record, const std::string& name) {
  const auto found = record.text.find(name);
  return found == record.text.end() ? std::string() : found->second;
}

std::string id_of(const Record& record) {
  return text_of(record, "id");
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
  record.text["identity"] = identity_;
  write_record(folder_.unit(kind, id), record);
}

std::optional<Record> UnitStore::read_own(UnitKind kind, const fs::path& path) const {
  std::optional<Record> record = read_record(path, name_of(kind));
  if (!record || text_of(*record, "identity") == identity_) return record;
  log::warning(path.string() +
               ": a unit of another study, data, trainer or device, or of a version of cplae " +
               "that did not note them; taken as missing");
  return std::nullopt;
}

std::optional<Record> UnitStore::read(UnitKind kind, const std::string& id) const {
  const fs::path path = folder_.unit(kind, id);
  std::optional<Record> record = read_own(kind, path);
  if (record && id_of(*record) != id) {
    log::warning(path.string() + ": the unit of '" + id_of(*record) + "', expected '" + id +
                 "'; taken as missing");
    return std::nullopt;
  }
  return record;
}

std::optional<Record> UnitStore::read_within(std::chrono::milliseconds patience, UnitKind kind,
                                             const std::string& id) const {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + patience;
  for (std::chrono::milliseconds pause(10);; pause = std::min(2 * pause, std::chrono::milliseconds(5000))) {
    auto record = read(kind, id);
    if (record || Clock::now() >= end) return record;
    std::this_thread::sleep_for(std::min<Clock::duration>(pause, end - Clock::now()));
    refresh(folder_.units(kind));
  }
}

Record UnitStore::read_awaited(UnitKind kind, const std::string& id,
                               std::chrono::milliseconds patience) const {
  if (auto record = read_within(patience, kind, id)) return *std::move(record);
  throw IoError(folder_.unit(kind, id).string() + ": no whole unit after waiting for " +
                duration_text(std::chrono::duration<double>(patience).count()));
}

bool UnitStore::is_empty(UnitKind kind) const {
  return unit_files(folder_.units(kind)).empty();
}

}  // namespace cplae::store
