#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "cplae/core/record.hpp"
#include "cplae/store/run_folder.hpp"

namespace cplae::store {

/// The journal of a run: one whole file for every finished unit. Local; safe to use from all ranks at once,
/// also for one id (the last writer wins, with a whole file).
class UnitStore {
public:
  /// `identity`: store::identity_hash of the run. Every unit bears it, and units of another one count as
  /// missing: a rank of an earlier run may outlive the lock of its rank 0 and write into the folder of the
  /// next.
  explicit UnitStore(RunFolder folder, std::string identity = "")
      : folder_(std::move(folder)), identity_(std::move(identity)) {}

  /// Atomic. Sets the record's kind and its texts "id" and "identity". Throws IoError.
  void write(UnitKind kind, const std::string& id, Record record) const;
  /// None if there is none; a file that is damaged, or that belongs to another id or another run, is named in
  /// a warning and counts as none. Throws IoError.
  [[nodiscard]] std::optional<Record> read(UnitKind kind, const std::string& id) const;
  /// As read, but asks again until there is one, or the patience is at its end.
  [[nodiscard]] std::optional<Record> read_within(std::chrono::milliseconds patience, UnitKind kind,
                                                  const std::string& id) const;
  /// For a unit that another rank has written: network file systems show it late. Throws IoError naming the
  /// file after `patience`.
  [[nodiscard]] Record read_awaited(UnitKind kind, const std::string& id,
                                    std::chrono::milliseconds patience = std::chrono::seconds(60)) const;
  /// Whether there is not one unit of the kind, whole or damaged. Throws IoError.
  [[nodiscard]] bool is_empty(UnitKind kind) const;

  [[nodiscard]] const RunFolder& folder() const { return folder_; }
  [[nodiscard]] const std::string& identity() const { return identity_; }

private:
  /// A whole unit of this run; another one is named in a warning.
  [[nodiscard]] std::optional<Record> read_own(UnitKind kind, const std::filesystem::path& path) const;

  RunFolder folder_;
  std::string identity_;
};

}  // namespace cplae::store
