#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cplae/store/run_folder.hpp"

namespace cplae::store {

/// What makes two runs the same: only then may one go on with the other's units.
struct Identity {
  std::string study_toml;   ///< study::to_toml; its name and checkpoint_seconds may change, and its trainer
                            ///< where the same one comes of it
  std::string data_sha256;  ///< of the data file's bytes; of several: of their hashes
  std::string taxonomy_sha256;  ///< of a taxonomy file's bytes; empty where the taxonomy comes with the data
                                ///< or there is none
  std::string trainer;          ///< that trains: "fused", "reference" or, where variants differ, both
  std::string device_kind;      ///< "cpu" or "cuda"
};

/// SHA-256 of all of an identity but the keys of the study that change no number: what units and checkpoints
/// bear. Throws UsageError where the study cannot be parsed.
[[nodiscard]] std::string identity_hash(const Identity& identity);

/// The hash that the units of a run bear: that of provenance.json (a later version knows more keys of
/// studies, and would make another one of the same study), or made from what the folder says where
/// provenance.json has none. Throws UsageError, DataError, IoError.
[[nodiscard]] std::string recorded_identity(const RunFolder& folder);

/// What provenance.json says of one start of the program, beside the identity, the time and SLURM's
/// variables.
struct Start {
  std::map<std::string, std::string> libraries;  ///< name -> version
  std::vector<std::string> command;              ///< argv
  std::vector<std::string> hosts;                ///< of every rank
  int ranks = 1;
  std::vector<std::string> devices;  ///< of every rank, as model::describe names them
  std::string data_path;             ///< as given
  std::uint64_t seed = 0;
};

/// What to do with an earlier run in the folder.
enum class Earlier : unsigned char { go_on, overwrite };

/// How a run folder is opened.
struct Opening {
  Earlier earlier = Earlier::go_on;
  std::chrono::duration<double> patience{0};  ///< waited for another process that is at work there
  std::function<bool()> stop = {};            ///< asked while waiting: true = throw Stopped
};

/// Versions of the libraries that write and share results: "hdf5", "mpi".
[[nodiscard]] std::map<std::string, std::string> library_versions();

/// A run folder that is ours until this object goes.
class OpenRun {
public:
  struct Lock;
  OpenRun(bool is_resumed, std::string identity, std::unique_ptr<Lock> lock);
  OpenRun(OpenRun&&) noexcept;
  OpenRun& operator=(OpenRun&&) noexcept;
  ~OpenRun();
  /// An earlier run of the same identity was found, whose units count.
  [[nodiscard]] bool resumed() const { return resumed_; }
  /// The hash that units and checkpoints of this run bear.
  [[nodiscard]] const std::string& identity() const { return identity_; }

private:
  bool resumed_;
  std::string identity_;
  std::unique_ptr<Lock> lock_;
};

/// Makes the run folder, or recognises an earlier run of the same identity; then removes what killed sessions
/// left unfinished there, writes study.toml and provenance.json, whose `sessions` gets one entry more. Warns
/// when the last session had another device, other libraries or another commit of cplae, and when ranks have
/// different devices: identity tells kinds of device apart, bits depend on more. Local: rank 0 calls it, and
/// holds the result to the run's end. Throws UsageError, with nothing changed: the folder holds another run
/// (names the first difference), files that are no run, links in the place of its own folders and files, or a
/// run that another process works on (names its host and process). With `overwrite` an earlier run of
/// whatever identity is removed first, once it is known that nobody works on it: where the file system gives
/// no locks that cannot be known, a UsageError. With patience for another process, Stopped where it is still
/// at work after that. Throws IoError.
[[nodiscard]] OpenRun open_run(const RunFolder& folder, const Identity& identity, const Start& start,
                               const Opening& opening = {});

}  // namespace cplae::store
