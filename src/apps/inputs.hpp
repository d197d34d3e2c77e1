#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/data/read.hpp"
#include "cplae/store/run_folder.hpp"

namespace cplae::apps {

/// Throws UsageError unless there is a file of that name: `what` ("data file", "study") begins the message.
/// IoError where the file system failed, and not the user.
void require_file(const std::filesystem::path& path, const std::string& what);

/// Throws UsageError when `path` may not be written: it is there and not `replace`d, its name does not end in
/// `extension`, or its folder is missing.
struct Output {
  std::filesystem::path path;
  std::string extension;  ///< ".h5mu"
  bool replace = false;
  std::string option = "--out";  ///< that names it
};
void require_output(const Output& output);

/// Throws UsageError when `path`, which `option` names, is one of the data files of a run, or lies in a
/// folder that the run keeps for itself.
void require_apart(const std::string& option, const std::filesystem::path& path, const store::RunFolder& run,
                   const std::vector<data::Source>& run_data);

/// Parses all `--data` arguments and checks that their files are there. Throws UsageError.
[[nodiscard]] std::vector<data::Source> parse_sources(const std::vector<std::string>& arguments);

/// data::read_dataset, but an input that HDF5 cannot read is bad input: DataError. Where the system failed
/// (I/O error, stale handle, no memory, ...) it stays IoError: the input may be good.
[[nodiscard]] data::Dataset read_data(const std::vector<data::Source>& sources,
                                      const std::vector<std::string>& modalities,
                                      data::ReadFor use = data::ReadFor::training);

/// Identity of the data: the SHA-256 of one file's bytes; of several, the SHA-256 of their names and hashes.
/// Throws IoError.
[[nodiscard]] std::string data_sha256(const std::vector<data::Source>& sources);

/// Sources as one text for provenance.json, `[NAME=]ABSOLUTE PATH` a line, and back.
[[nodiscard]] std::string sources_text(const std::vector<data::Source>& sources);
[[nodiscard]] std::vector<data::Source> sources_from(const std::string& text);
/// Sources as they were given, in one line for people: "T=genes.h5ad; E=ephys.h5ad".
[[nodiscard]] std::string given_text(const std::vector<data::Source>& sources);

/// "240 cells; T 240 cells x 40 features, E 238 x 12": what a dataset holds, for people.
[[nodiscard]] std::string describe(const data::Dataset& dataset);

}  // namespace cplae::apps
