#pragma once
#include <filesystem>
#include <string>

namespace cplae::store {

/// What a unit of work makes: a trained network, or statistics of networks and baselines.
enum class UnitKind : unsigned char { network, statistics };

/// Where everything of a run lies (docs/file-formats.md). Names only: nothing is read or made.
class RunFolder {
public:
  explicit RunFolder(std::filesystem::path root) : root_(std::move(root)) {}

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] std::filesystem::path study() const { return root_ / "study.toml"; }
  [[nodiscard]] std::filesystem::path provenance() const { return root_ / "provenance.json"; }
  [[nodiscard]] std::filesystem::path results() const { return root_ / "results.h5"; }
  [[nodiscard]] std::filesystem::path report() const { return root_ / "report.html"; }
  /// Of the report, as files of their own.
  [[nodiscard]] std::filesystem::path figures() const { return root_ / "figures"; }
  [[nodiscard]] std::filesystem::path tables() const { return root_ / "tables"; }
  [[nodiscard]] std::filesystem::path work() const { return root_ / "work"; }
  [[nodiscard]] std::filesystem::path lock() const { return work() / "lock"; }
  [[nodiscard]] std::filesystem::path units(UnitKind kind) const {
    return work() / (kind == UnitKind::network ? "networks" : "statistics");
  }
  [[nodiscard]] std::filesystem::path unit(UnitKind kind, const std::string& id) const;
  /// Of a network that is being trained.
  [[nodiscard]] std::filesystem::path checkpoint(const std::string& network_id) const;

private:
  std::filesystem::path root_;
};

/// A file name for an id. An id of at most 180 characters of [A-Za-z0-9_.,=+-] that starts with none of "."
/// and "-" is its own name; any other has what is not allowed replaced by "_", is cut, and gets a tail "~<16
/// hexadecimal digits>" of its hash, so that different ids never share a file.
[[nodiscard]] std::string file_name(const std::string& id);

}  // namespace cplae::store
