#pragma once
#include <span>
#include <string>
#include <vector>

#include "cplae/store/results.hpp"
#include "h5/h5.hpp"

namespace cplae::store {

/// Access list for files that HDF5 1.8 and later can read; attributes may exceed 64 KiB.
[[nodiscard]] h5::Handle compatible_access();
/// The same, through MPI-IO, for a rank that writes its own rows while others write theirs. Local.
[[nodiscard]] h5::Handle own_parallel_access();

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

/// Rows [begin, end) of a dataset and their values in memory, of the dataset's own type.
struct Rows {
  hid_t type;
  std::size_t begin;
  std::size_t end;
  const void* values;
};

/// Local, also where the file was opened by many ranks: writes the rows, of which there may be none. Throws
/// IoError.
void write_dataset_rows(const h5::Handle& file, const std::string& name, const Rows& rows);

}  // namespace cplae::store
