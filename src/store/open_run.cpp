#include "cplae/store/open_run.hpp"

#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <optional>
#include <system_error>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"
#include "cplae/dist/session.hpp"
#include "cplae/store/units.hpp"
#include "cplae/study/parse.hpp"
#include "discard.hpp"
#include "h5/h5.hpp"
#include "identity.hpp"
#include "lock.hpp"
#include "provenance.hpp"
#include "sweep.hpp"

namespace cplae::store {

namespace fs = std::filesystem;

namespace {

bool holds_something(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder, error) && !fs::is_empty(folder, error);
}

/// All that a start leaves which was killed before it had its lock.
bool holds_an_empty_work_alone(const RunFolder& folder) {
  std::error_code error;
  const fs::file_status work = fs::symlink_status(folder.work(), error);
  if (!fs::is_directory(work) || !fs::is_empty(folder.work(), error)) return false;
  return std::distance(fs::directory_iterator(folder.root(), error), fs::directory_iterator()) == 1;
}

/// Throws UsageError unless the folder is there and may be written, or may be made.
void require_writable(const fs::path& root) {
  std::error_code error;
  fs::path there = fs::absolute(root).lexically_normal();
  while (!fs::exists(there, error) && there.has_relative_path())
    there = there.parent_path();
  if (!fs::is_directory(there, error))
    throw UsageError(root.string() + ": cannot be made, since " + there.string() + " is no folder");
  if (::access(there.c_str(), W_OK | X_OK) != 0)
    throw UsageError(root.string() + ": the folder " + there.string() +
                     " may not be written: " + std::generic_category().message(errno));
}

/// A folder that this program has made, or one in whose place it may make one. Throws UsageError.
void require_usable(const RunFolder& folder) {
  std::error_code error;
  const fs::path& root = folder.root();
  if (fs::exists(root, error) && !fs::is_directory(root, error))
    throw UsageError(root.string() + ": is a file, expected a run folder or a new name");
  const bool is_run = fs::exists(folder.provenance(), error) || fs::exists(folder.lock(), error);
  if (holds_something(root) && !is_run && !holds_an_empty_work_alone(folder))
    throw UsageError(root.string() +
                     ": holds files but is no run folder (no provenance.json); expected a run folder, an " +
                     "empty folder or a new name");
  require_writable(root);
}

/// A link within the folder would have the run write, or delete, elsewhere; the folder itself may be one.
/// Files that are renamed into place replace a link of their name.
void refuse_links(const RunFolder& folder) {
  fs::path part = folder.results();
  part += ".part";
  for (const auto& path : {folder.work(), folder.lock(), folder.units(UnitKind::network),
                           folder.units(UnitKind::statistics), folder.tables(), folder.figures(), part}) {
    std::error_code error;
    if (fs::is_symlink(fs::symlink_status(path, error)))
      throw UsageError(path.string() + ": is a link, which is not followed; expected what cplae made itself");
  }
}

[[noreturn]] void refuse_other_run(const RunFolder& folder, const std::string& difference) {
  throw UsageError(folder.root().string() + ": holds another run: " + difference +
                   "; give another folder, or --overwrite to remove that run");
}

/// Text of the provenance.json of an earlier run that this one may go on with; none if nothing was begun.
std::optional<std::string> matching_provenance(const RunFolder& folder, const Identity& identity) {
  if (!fs::exists(folder.provenance())) {
    if (holds_something(folder.units(UnitKind::network)) ||
        holds_something(folder.units(UnitKind::statistics)))
      throw UsageError(folder.root().string() +
                       ": has units of an earlier run but no provenance.json to tell which");
    return std::nullopt;
  }
  const std::string label = folder.study().string();
  if (!fs::exists(folder.study()))
    throw UsageError(folder.study().string() +
                     ": is missing, by which an earlier run is known; --overwrite begins anew");
  const std::string study = read_file(folder.study(), largest_text_bytes);
  // Texts may differ where the studies do not: a later version knows more keys.
  if (study != identity.study_toml) {
    const auto here = study::parse_recorded(identity.study_toml, "study");
    const auto difference = study::first_difference(
        with_free_keys(study::parse_recorded(study, label), here, identity.trainer), here);
    if (!difference.empty()) refuse_other_run(folder, difference);
  }
  std::string provenance = read_file(folder.provenance(), largest_text_bytes);
  try {
    if (const auto difference = identity_difference(provenance, identity))
      refuse_other_run(folder, *difference);
  } catch (const DataError& error) {
    throw UsageError(folder.root().string() + ": " + error.what());
  }
  return provenance;
}

/// No reason to refuse: a queue gives what machine it has. But what was promised to the bit is so no more.
void warn_of_another_machine(const RunFolder& folder, const std::string& provenance, const Start& start) {
  const std::string difference = machine_difference(provenance, start);
  if (!difference.empty())
    log::warning(folder.root().string() + ": gone on with on another machine, with other libraries or by " +
                 "another build (" + difference +
                 "): results stay statistically the same, but are not bit for bit those of an " +
                 "undisturbed run");
}

void warn_of_different_devices(const Start& start) {
  const auto devices = different_devices(start.devices);
  if (devices.size() > 1)
    log::warning("ranks have different devices (" + join(devices, "; ") +
                 "): bits of a network's results depend on which of them trains it");
}

}  // namespace

std::map<std::string, std::string> library_versions() {
  return {{"hdf5", h5::library_version()}, {"mpi", dist::library_version()}};
}

OpenRun::OpenRun(bool is_resumed, std::string identity, std::unique_ptr<Lock> lock)
    : resumed_(is_resumed), identity_(std::move(identity)), lock_(std::move(lock)) {}
OpenRun::OpenRun(OpenRun&&) noexcept = default;
OpenRun& OpenRun::operator=(OpenRun&&) noexcept = default;
OpenRun::~OpenRun() = default;

OpenRun open_run(const RunFolder& folder, const Identity& identity, const Start& start,
                 const Opening& opening) {
  require_usable(folder);
  refuse_links(folder);
  make_folder(folder.work());
  auto lock = std::make_unique<OpenRun::Lock>(folder.lock(), opening);
  if (opening.earlier == Earlier::overwrite) {
    if (!lock->is_held)
      throw UsageError(folder.root().string() +
                       ": --overwrite needs a file system with locks, to know that " +
                       "no run is at work there; remove the folder by hand, or give another");
    discard_run(folder);
  }
  const std::optional<std::string> before = matching_provenance(folder, identity);
  const std::string hash = before ? recorded_identity(*before, identity) : identity_hash(identity);
  lock->sign();
  // Without a lock another run may be at work here, whose files these are.
  if (lock->is_held) sweep_leftovers(UnitStore(folder, hash));
  if (before) warn_of_another_machine(folder, *before, start);
  warn_of_different_devices(start);
  for (const UnitKind kind : {UnitKind::network, UnitKind::statistics})
    make_folder(folder.units(kind));
  make_folder(folder.tables());
  write_file_atomically(folder.study(), std::string_view(identity.study_toml));
  // Last: with it the folder is a run whose identity is known.
  write_file_atomically(folder.provenance(),
                        std::string_view(provenance_text(before.value_or(""), identity, start)));
  return {before.has_value(), hash, std::move(lock)};
}

}  // namespace cplae::store
