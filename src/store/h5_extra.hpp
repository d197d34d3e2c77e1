#pragma once
#include <mpi.h>

#include <span>
#include <string>
#include <vector>

#include "cplae/store/results.hpp"
#include "h5/h5.hpp"

namespace cplae::store {

/// Access list for files that HDF5 1.8 and later can read; attributes may exceed 64 KiB.
[[nodiscard]] h5::Handle compatible_access();
/// The same, through MPI-IO by all ranks of `comm`. Collective: HDF5 duplicates `comm`.
[[nodiscard]] h5::Handle parallel_access(MPI_Comm comm);

/// Makes a contiguous dataset whose space is set aside at once and not filled: the parallel writers fill it.
[[nodiscard]] h5::Handle create_contiguous(const h5::Handle& parent, const std::string& name, hid_t type,
                                           const h5::Shape& shape);
/// Makes and writes a 1-D dataset of fixed-length, NUL-padded UTF-8 texts, with its checksum.
h5::Handle write_fixed_texts(const h5::Handle& parent, const std::string& name,
                             const std::vector<std::string>& texts);
/// Makes and writes a 1-D dataset of float64, with its checksum.
h5::Handle write_reals(const h5::Handle& parent, const std::string& name, std::span<const double> values);
/// Adds the checksum of a dataset, from the digests of all its rows (row_digests).
void write_checksum(const h5::Handle& dataset, const std::string& digests);
void write_reals_attribute(const h5::Handle& object, const std::string& name, std::span<const double> values);

/// Attributes that every dataset has.
struct Description {
  std::string units;
  std::vector<std::string> dims;
  std::string source;
};
void describe(const h5::Handle& dataset, const Description& description);

/// Rows [begin, end) of a dataset and their values in memory, of the dataset's own type (a conversion would
/// break the collective transfer).
struct Rows {
  hid_t type;
  std::size_t begin;
  std::size_t end;
  const void* values;
};

/// A dataset, opened, with the part of it that this rank writes.
struct Selection {
  std::string what;  ///< for messages
  h5::Handle dataset;
  h5::Handle space;
  h5::Handle memory;
  hid_t type;
  const void* values;
};

/// Local: opens the dataset and selects the rows, none where there are none. Ranks agree on it before they
/// write, since a rank that threw here would leave the others waiting in the write. Throws IoError.
[[nodiscard]] Selection select_rows(const h5::Handle& file, const std::string& name, const Rows& rows);

/// Collective writes, and HDF5's own word on whether they were collective.
class CollectiveWriter {
public:
  CollectiveWriter();
  /// Collective over the ranks that opened the file; a rank without rows takes part. Throws IoError.
  void write(const Selection& selection);
  [[nodiscard]] const TransferReport& report() const { return report_; }

private:
  h5::Handle transfer_;
  TransferReport report_;
};

}  // namespace cplae::store
