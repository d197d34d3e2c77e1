#pragma once
#include <filesystem>

#include "cplae/store/open_run.hpp"

namespace cplae::store {

/// An advisory lock on a file that tells who holds it; let go when the object or the process ends, however it
/// ends.
struct OpenRun::Lock {
  /// Makes the file if it is missing. While another process holds it, waits with the patience of `opening`.
  /// Throws UsageError naming host and process when another holds it and there is no patience, Stopped when
  /// there is none left or it is asked to stop; IoError.
  Lock(const std::filesystem::path& path, const Opening& opening);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  /// Writes host and process into the file. Throws IoError.
  void sign() const;

  std::filesystem::path path;
  bool is_held = false;  ///< false where the file system gives no locks
  int descriptor = -1;
};

}  // namespace cplae::store
