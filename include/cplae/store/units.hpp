#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cplae/core/record.hpp"
#include "cplae/store/run_folder.hpp"

namespace cplae::store {

/// The journal of a run: one whole file for every finished unit. Local; safe to use from all ranks at once,
/// also for one id (the last writer wins, with a whole file).
class UnitStore {
public:
  explicit UnitStore(RunFolder folder) : folder_(std::move(folder)) {}

  /// Atomic. Sets the record's kind and its text "id". Throws IoError.
  void write(UnitKind kind, const std::string& id, Record record) const;
  /// None if there is none; a file that is damaged, or that belongs to another id, is named in a warning and
  /// counts as none. Throws IoError.
  [[nodiscard]] std::optional<Record> read(UnitKind kind, const std::string& id) const;
  /// For a unit that another rank has written: network file systems show it late. Throws IoError naming the
  /// file after `patience`.
  [[nodiscard]] Record read_awaited(UnitKind kind, const std::string& id,
                                    std::chrono::milliseconds patience = std::chrono::seconds(60)) const;
  /// Ids of all whole units that `counts` accepts (all, without it), sorted. Reads and checks every file.
  [[nodiscard]] std::vector<std::string> finished(
      UnitKind kind, const std::function<bool(const Record&)>& counts = {}) const;

  /// Whether there is not one unit of the kind, whole or damaged. Throws IoError.
  [[nodiscard]] bool is_empty(UnitKind kind) const;

  [[nodiscard]] const RunFolder& folder() const { return folder_; }

private:
  RunFolder folder_;
};

}  // namespace cplae::store
