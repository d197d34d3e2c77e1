#include <algorithm>

#include "attribute_sums.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/record.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/store/read_results.hpp"
#include "cplae/store/verify.hpp"
#include "raw_dataset.hpp"
#include "row_sums.hpp"

namespace cplae::store {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> files_of(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == extension && entry->is_regular_file(error))
      files.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory)
    throw IoError(folder.string() + ": cannot be listed: " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

std::string id_in(const Record& record, const std::string& name) {
  const auto found = record.text.find(name);
  return found == record.text.end() ? "" : found->second;
}

bool is_of_run(const Record& record, const std::string& identity) {
  return identity.empty() || id_in(record, "identity") == identity;
}

struct RecordKind {
  std::string extension;
  std::string id_name;  ///< the text that says whose record it is
};

/// Reads all records of a folder.
Inspection inspect_records(const fs::path& folder, const RecordKind& kind, const std::string& identity) {
  Inspection found;
  for (const auto& file : files_of(folder, kind.extension)) {
    try {
      const Record record = load_record(file);
      const std::string id = id_in(record, kind.id_name);
      if (file_name(id) + kind.extension != file.filename())
        throw DataError(file.string() + ": is the record of '" + id + "'");
      if (!is_of_run(record, identity))
        throw DataError(file.string() +
                        ": is of another run, or of an earlier version of cplae; counts as missing");
      ++found.whole;
    } catch (const DataError& error) {
      found.damaged.emplace_back(error.what());
    }
  }
  return found;
}

/// Throws DataError.
void inspect_dataset(const RawDataset& dataset) {
  const std::string what = h5::where(dataset.handle());
  const auto expected = h5::text_attribute(dataset.handle(), checksum_attribute);
  if (!expected) throw DataError(what + ": has no checksum (attribute '" + checksum_attribute + "')");
  std::string digests;
  for (std::size_t row = 0; row < dataset.rows();) {
    const std::size_t end = std::min(dataset.rows(), row + dataset.rows_at_once());
    digests += row_digests(dataset.read(row, end), end - row);
    row = end;
  }
  if (checksum_of_rows(digests) != *expected) throw DataError(what + ": its checksum is wrong");
}

/// The checksum of a network that has a whole unit of this run; others are told of elsewhere.
std::optional<std::string> unit_checksum(const RunFolder& folder, const std::string& id,
                                         const std::string& identity) {
  const fs::path file = folder.unit(UnitKind::network, id);
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  try {
    const Record record = load_record(file);
    if (!is_of_run(record, identity)) return std::nullopt;
    return checksum(to_network_unit(record));
  } catch (const DataError&) {
    return std::nullopt;
  }
}

/// Units made again after results.h5, or a results.h5 of another folder, have whole files that do not belong
/// together.
void inspect_replicates(const RunFolder& folder, const std::string& identity, Inspection& found) {
  const ResultsReader results(folder.results());
  for (const auto& variant : results.plan().variants) {
    const auto rows = results.replicates(variant.id);
    for (const auto& network : results.plan().networks) {
      if (results.plan().variants[network.variant.index()].id != variant.id) continue;
      const auto made = unit_checksum(folder, network.id, identity);
      if (made && *made != rows.at(static_cast<std::size_t>(network.replicate)).checksum)
        found.damaged.push_back(folder.results().string() + ": network " + network.id +
                                " is not the one of its unit in work/networks");
    }
  }
}

/// What tells what the numbers mean: the study, names of terms, where tensors lie.
void inspect_attributes(const h5::Handle& file, Inspection& found) {
  const auto expected = h5::text_attribute(file, attribute_checksum);
  if (!expected)
    found.notes.push_back(h5::where(file) + ": written by an earlier version of cplae, without a checksum " +
                          "of its attributes (attribute '" + attribute_checksum + "')");
  else if (checksum_of_attributes(file) != *expected)
    found.damaged.push_back(h5::where(file) + ": the checksum of its attributes is wrong");
}

}  // namespace

Inspection inspect_units(const RunFolder& folder, UnitKind kind, const std::string& identity) {
  return inspect_records(folder.units(kind), {".unit", "id"}, identity);
}

Inspection inspect_checkpoints(const RunFolder& folder, const std::string& identity) {
  return inspect_records(folder.units(UnitKind::network), {".ckpt", "network"}, identity);
}

void require_whole_results(const RunFolder& folder) {
  const h5::Handle file = h5::open_file(folder.results());
  for (const auto& name : dataset_names(file))
    inspect_dataset(RawDataset(file, name));
  Inspection found;
  inspect_attributes(file, found);
  if (!found.damaged.empty()) throw DataError(found.damaged.front());
}

Inspection inspect_results(const RunFolder& folder, const std::string& identity) {
  Inspection found;
  try {
    const h5::Handle file = h5::open_file(folder.results());
    for (const auto& name : dataset_names(file)) {
      try {
        inspect_dataset(RawDataset(file, name));
        ++found.whole;
      } catch (const Error& error) {
        found.damaged.emplace_back(error.what());
      }
    }
    if (found.damaged.empty()) inspect_attributes(file, found);
    if (found.damaged.empty()) inspect_replicates(folder, identity, found);
  } catch (const Error& error) {
    found.damaged.emplace_back(error.what());
  }
  return found;
}

}  // namespace cplae::store
