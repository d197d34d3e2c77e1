#include "discard.hpp"

#include <functional>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"

namespace cplae::store {

namespace fs = std::filesystem;

namespace {

class Discard {
public:
  explicit Discard(const RunFolder& folder) : folder_(folder) {}

  void run() {
    const fs::path networks = folder_.units(UnitKind::network);
    remove_all(networks, ".unit", "networks");
    remove_all(networks, ".ckpt", "checkpoints");
    remove_all(folder_.units(UnitKind::statistics), ".unit", "statistics");
    remove_one(folder_.results());
    remove_all(folder_.tables(), ".csv", "tables");
    remove_one(folder_.tables() / "SHA256SUMS");
    remove_one(folder_.report());
    remove_all(folder_.figures(), ".svg", "figures (SVG)");
    remove_all(folder_.figures(), ".pdf", "figures (PDF)");
    remove_one(folder_.study());
    remove_one(folder_.provenance());
    if (!removed_.empty())
      log::warning(folder_.root().string() + ": --overwrite removed an earlier run: " + join(removed_, ", "));
  }

private:
  bool remove(const fs::path& file) {
    std::error_code error;
    const bool removed = fs::remove(file, error);
    if (error) throw IoError(file.string() + ": cannot be removed: " + error.message());
    return removed;
  }

  void remove_one(const fs::path& file) {
    if (remove(file)) removed_.push_back(file.filename().string());
  }

  void remove_all(const fs::path& place, const std::string& extension, const std::string& what) {
    std::error_code error;
    if (fs::symlink_status(place, error).type() != fs::file_type::directory) return;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(place, error), end; !error && entry != end; entry.increment(error))
      if (entry->path().extension() == extension) files.push_back(entry->path());
    if (error) throw IoError(place.string() + ": cannot be listed: " + error.message());
    std::size_t count = 0;
    for (const auto& file : files)
      if (remove(file)) ++count;
    if (count > 0) removed_.push_back(std::to_string(count) + " " + what);
  }

  const RunFolder& folder_;
  std::vector<std::string> removed_;
};

}  // namespace

void discard_run(const RunFolder& folder) {
  Discard(folder).run();
}

}  // namespace cplae::store
