#include "h5_extra.hpp"

#include <mpi.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "row_sums.hpp"

namespace cplae::store {

using h5::check;
using h5::Handle;

Handle compatible_access() {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), "HDF5 access list");
  check(H5Pset_libver_bounds(access.id(), H5F_LIBVER_V18, H5F_LIBVER_V110), "HDF5 version bounds");
  return access;
}

Handle own_parallel_access() {
  Handle access = compatible_access();
  // Not the plain driver, which reads, changes and writes back what lies beside a row: other ranks' rows.
  check(H5Pset_fapl_mpio(access.id(), MPI_COMM_SELF, MPI_INFO_NULL), "HDF5 access through MPI-IO");
  return access;
}

Handle create_contiguous(const Handle& parent, const std::string& name, hid_t type, const h5::Shape& shape) {
  const std::string what = h5::where(parent, name) + ": cannot be made";
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  const Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), what);
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE), what);
  check(H5Pset_obj_track_times(creation.id(), false), what);
  check(H5Pset_layout(creation.id(), H5D_CONTIGUOUS), what);
  check(H5Pset_alloc_time(creation.id(), H5D_ALLOC_TIME_EARLY), what);
  check(H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER), what);
  const Handle links = h5::link_creation();
  return {H5Dcreate2(parent.id(), name.c_str(), type, space.id(), links.id(), creation.id(), H5P_DEFAULT),
          what};
}

Handle write_fixed_texts(const Handle& parent, const std::string& name,
                         const std::vector<std::string>& texts) {
  std::size_t width = 1;
  for (const auto& text : texts)
    width = std::max(width, text.size());
  const Handle type(H5Tcopy(H5T_C_S1), "HDF5 text type");
  check(H5Tset_size(type.id(), width), "HDF5 text type");
  check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "HDF5 text type");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "HDF5 text type");
  std::string bytes(width * texts.size(), '\0');
  for (std::size_t i = 0; i < texts.size(); ++i)
    texts[i].copy(bytes.data() + i * width, width);
  Handle dataset = create_contiguous(parent, name, type.id(), {texts.size()});
  check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), h5::where(dataset));
  write_checksum(dataset, row_digests(std::as_bytes(std::span(bytes)), texts.size()));
  return dataset;
}

h5::Handle write_reals(const Handle& parent, const std::string& name, std::span<const double> values) {
  Handle dataset = h5::write_array<double>(parent, name, values, {values.size()});
  write_checksum(dataset, row_digests(std::as_bytes(values), values.size()));
  return dataset;
}

void write_checksum(const Handle& dataset, const std::string& digests) {
  h5::write_text_attribute(dataset, checksum_attribute, checksum_of_rows(digests));
}

void write_reals_attribute(const Handle& object, const std::string& name, std::span<const double> values) {
  const std::string what = h5::where(object) + ": attribute '" + name + "' cannot be written";
  const hsize_t size = values.size();
  const Handle space(H5Screate_simple(1, &size, nullptr), what);
  const Handle attribute(
      H5Acreate2(object.id(), name.c_str(), H5T_IEEE_F64LE, space.id(), H5P_DEFAULT, H5P_DEFAULT), what);
  check(H5Awrite(attribute.id(), H5T_NATIVE_DOUBLE, values.data()), what);
}

void describe(const Handle& dataset, const Description& description) {
  h5::write_text_attribute(dataset, "units", description.units);
  h5::write_texts_attribute(dataset, "dims", description.dims);
  h5::write_text_attribute(dataset, "source", description.source);
}

void write_dataset_rows(const Handle& file, const std::string& name, const Rows& rows) {
  if (rows.begin == rows.end) return;
  const std::string what = h5::where(file, name);
  const Handle dataset(H5Dopen2(file.id(), name.c_str(), H5P_DEFAULT), what);
  const Handle space(H5Dget_space(dataset.id()), what);
  std::vector<hsize_t> count(static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space.id()), what)));
  check(H5Sget_simple_extent_dims(space.id(), count.data(), nullptr), what);
  std::vector<hsize_t> offset(count.size(), 0);
  offset[0] = rows.begin;
  count[0] = rows.end - rows.begin;
  const Handle memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), what);
  check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr), what);
  const Handle transfer(H5Pcreate(H5P_DATASET_XFER), what);
  check(H5Pset_dxpl_mpio(transfer.id(), H5FD_MPIO_INDEPENDENT), what);
  errno = 0;  // h5::fail asks for it
  check(H5Dwrite(dataset.id(), rows.type, memory.id(), space.id(), transfer.id(), rows.values),
        what + ": cannot be written");
}

}  // namespace cplae::store
