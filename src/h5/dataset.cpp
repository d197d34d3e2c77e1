#include <algorithm>
#include <array>
#include <string>

#include "cplae/core/error.hpp"
#include "h5/h5.hpp"
#include "h5/link_access.hpp"

namespace cplae::h5 {

namespace {

/// Of one number; HDF5 itself would take integers of any width.
constexpr std::size_t widest_number = 16;

void check_filters(const Handle& creation, const std::string& what) {
  constexpr std::array known{H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32};
  const int count = check(H5Pget_nfilters(creation.id()), what);
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0;
    unsigned config = 0;
    std::size_t values = 0;
    std::array<char, 64> name{};
    const H5Z_filter_t filter = H5Pget_filter2(creation.id(), static_cast<unsigned>(i), &flags, &values,
                                               nullptr, name.size() - 1, name.data(), &config);
    check(static_cast<int>(filter), what);
    const bool is_known = std::find(known.begin(), known.end(), filter) != known.end();
    if (is_known && H5Zfilter_avail(filter) > 0) continue;
    throw DataError(what + ": compressed by filter " + std::to_string(filter) + " (" + name.data() +
                    "), which this program does not read; expected gzip or no compression");
  }
}

void check_storage(const Dataset& dataset, const std::string& what) {
  const Handle creation(H5Dget_create_plist(dataset.handle.id()), what);
  if (H5Pget_layout(creation.id()) == H5D_VIRTUAL)
    throw DataError(what + ": a virtual dataset, whose data lie in other files; expected the data itself");
  check_filters(creation, what);
}

/// HDF5 describes to itself every chunk that is read, written or not, and unpacks one as a whole.
void charge_chunks(const Dataset& dataset, const std::string& what) {
  const Handle creation(H5Dget_create_plist(dataset.handle.id()), what);
  if (H5Pget_layout(creation.id()) != H5D_CHUNKED) return;
  std::array<hsize_t, H5S_MAX_RANK> sizes{};
  const int rank = check(H5Pget_chunk(creation.id(), H5S_MAX_RANK, sizes.data()), what);
  if (static_cast<std::size_t>(rank) != dataset.shape.size())
    throw DataError(what + ": chunks of " + std::to_string(rank) + " dimensions, expected " +
                    std::to_string(dataset.shape.size()));
  const Handle type(H5Dget_type(dataset.handle.id()), what);
  std::uint64_t bytes = H5Tget_size(type.id());
  std::uint64_t chunks = 1;
  // HDF5 holds chunks below 4 GiB, and there are no more chunks than elements, so the products fit.
  for (std::size_t i = 0; i < dataset.shape.size(); ++i) {
    if (sizes.at(i) == 0) throw DataError(what + ": damaged: chunks of no size");
    bytes *= sizes.at(i);
    chunks *= (dataset.shape[i] + sizes.at(i) - 1) / sizes.at(i);
  }
  dataset.handle.charge(chunks * limits::chunk_overhead);
  if (H5Pget_nfilters(creation.id()) > 0) dataset.handle.charge(bytes);
}

Element element_of(const Handle& type) {
  if (!has_its_bits(type)) return Element::other;
  const bool is_wide = H5Tget_size(type.id()) > widest_number;
  switch (H5Tget_class(type.id())) {
    case H5T_INTEGER:
      return is_wide ? Element::other : Element::integer;
    case H5T_FLOAT:
      return is_wide ? Element::other : Element::real;
    case H5T_STRING:
      return Element::text;
    case H5T_ENUM:
      return H5Tget_size(type.id()) == 1 ? Element::boolean : Element::other;
    default:
      return Element::other;
  }
}

Shape shape_of(hid_t dataset, const std::string& what) {
  const Handle space(H5Dget_space(dataset), what);
  if (H5Sget_simple_extent_type(space.id()) == H5S_NULL) return {0};
  const int rank = check(H5Sget_simple_extent_ndims(space.id()), what);
  if (rank > limits::rank)
    throw DataError(what + ": has " + std::to_string(rank) + " dimensions, expected at most " +
                    std::to_string(limits::rank));
  std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space.id(), sizes.data(), nullptr), what);
  std::uint64_t total = 1;
  for (const hsize_t size : sizes) {
    if (size > 0 && total > limits::elements / size)
      throw DataError(what + ": has more than " + std::to_string(limits::elements) +
                      " elements, the largest size read");
    total *= size;
  }
  return {sizes.begin(), sizes.end()};
}

Handle memory_space(std::size_t count, const std::string& what) {
  const auto size = static_cast<hsize_t>(count);
  Handle space(H5Screate_simple(1, &size, nullptr), what);
  if (count == 0) check(H5Sselect_none(space.id()), what);
  return space;
}

/// The file's space with the block selected; a block of no elements selects nothing (a rank without rows in a
/// collective transfer).
Handle file_space(hid_t dataset, const Block& block, const std::string& what) {
  Handle space(H5Dget_space(dataset), what);
  const std::vector<hsize_t> offset(block.offset.begin(), block.offset.end());
  const std::vector<hsize_t> count(block.count.begin(), block.count.end());
  if (check(H5Sget_simple_extent_ndims(space.id()), what) != static_cast<int>(count.size()) ||
      offset.size() != count.size())
    throw IoError(what + ": a block of " + std::to_string(count.size()) +
                  " dimensions does not fit the dataset");
  if (elements(block.count) == 0)
    check(H5Sselect_none(space.id()), what);
  else
    check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr),
          what);
  return space;
}

}  // namespace

bool has_its_bits(const Handle& type) {
  const std::size_t bits = 8 * H5Tget_size(type.id());
  const H5T_class_t kind = H5Tget_class(type.id());
  if (kind == H5T_ENUM) return has_its_bits(Handle(H5Tget_super(type.id()), "type of an enumeration"));
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) return true;
  const int offset = H5Tget_offset(type.id());
  const std::size_t precision = H5Tget_precision(type.id());
  if (offset < 0 || precision == 0 || precision > bits || static_cast<std::size_t>(offset) > bits - precision)
    return false;
  if (kind == H5T_INTEGER) return true;
  std::size_t sign = 0, exponent = 0, exponent_bits = 0, mantissa = 0, mantissa_bits = 0;
  if (H5Tget_fields(type.id(), &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) < 0) return false;
  return sign < bits && exponent <= bits && exponent_bits <= bits - exponent && mantissa <= bits &&
         mantissa_bits <= bits - mantissa;
}

Dataset open_dataset(const Handle& parent, const std::string& name) {
  const std::string what = where(parent, name);
  const Kind found = kind(parent, name);
  if (found != Kind::dataset)
    throw DataError(what + (found == Kind::none ? ": missing" : ": is no dataset") + ", expected a dataset");
  Dataset dataset;
  const Handle list = refusing_links(H5P_DATASET_ACCESS);
  dataset.handle = Handle(H5Dopen2(parent.id(), name.c_str(), list.id()), what);
  dataset.handle.share_budget(parent);
  check_storage(dataset, what);
  dataset.shape = shape_of(dataset.handle.id(), what);
  charge_chunks(dataset, what);
  const Handle type(H5Dget_type(dataset.handle.id()), what);
  dataset.element = element_of(type);
  return dataset;
}

Handle create_dataset(const Handle& parent, const std::string& name, hid_t type, const Shape& shape,
                      const Layout& layout) {
  const std::string what = where(parent, name) + ": cannot be made";
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  const Handle space =
      shape.empty() ? Handle(H5Screate(H5S_SCALAR), what)
                    : Handle(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), what);
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE), what);
  // The same content is the same bytes, whenever it is written.
  check(H5Pset_obj_track_times(creation.id(), false), what);
  if (!layout.chunk.empty()) {
    const std::vector<hsize_t> chunk(layout.chunk.begin(), layout.chunk.end());
    check(H5Pset_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data()), what);
    if (layout.deflate > 0) check(H5Pset_deflate(creation.id(), static_cast<unsigned>(layout.deflate)), what);
  }
  const Handle links = link_creation();
  return {H5Dcreate2(parent.id(), name.c_str(), type, space.id(), links.id(), creation.id(), H5P_DEFAULT),
          what};
}

Handle bool_type() {
  Handle type(H5Tenum_create(H5T_STD_I8LE), "HDF5 bool type");
  for (std::int8_t value = 0; value < 2; ++value)
    check(H5Tenum_insert(type.id(), value == 0 ? "FALSE" : "TRUE", &value), "HDF5 bool type");
  return type;
}

Handle write_bools(const Handle& parent, const std::string& name, std::span<const std::uint8_t> values) {
  const Handle type = bool_type();
  Handle dataset = create_dataset(parent, name, type.id(), {values.size()});
  if (!values.empty())
    check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
          where(dataset) + ": cannot be written");
  return dataset;
}

namespace detail {

void read_numbers(const Dataset& dataset, const Block* block, void* out, const Transfer& transfer) {
  const std::string what = where(dataset.handle);
  if (dataset.element != Element::integer && dataset.element != Element::real)
    throw DataError(what + (dataset.element == Element::text ? ": holds text" : ": holds no numbers") +
                    ", expected numbers");
  const std::uint64_t expected = elements(block != nullptr ? block->count : dataset.shape);
  if (expected != transfer.elements)
    throw IoError(what + ": " + std::to_string(expected) + " elements do not fit a buffer of " +
                  std::to_string(transfer.elements));
  if (expected == 0) return;
  const Handle memory = memory_space(transfer.elements, what);
  const Handle file = block != nullptr ? file_space(dataset.handle.id(), *block, what) : Handle();
  check(H5Dread(dataset.handle.id(), transfer.memory_type, memory.id(),
                block != nullptr ? file.id() : H5S_ALL, H5P_DEFAULT, out),
        what + ": cannot be read");
}

void write_numbers(const Handle& dataset, const void* values, const Transfer& transfer) {
  const std::string what = where(dataset);
  const std::uint64_t expected = elements(shape_of(dataset.id(), what));
  if (expected != transfer.elements)
    throw IoError(what + ": " + std::to_string(transfer.elements) + " values do not fit " +
                  std::to_string(expected) + " elements");
  if (expected == 0) return;
  const Handle memory = memory_space(transfer.elements, what);
  check(H5Dwrite(dataset.id(), transfer.memory_type, memory.id(), H5S_ALL, H5P_DEFAULT, values),
        what + ": cannot be written");
}

std::vector<std::int8_t> read_bools(const Dataset& dataset) {
  const std::string what = where(dataset.handle);
  std::vector<std::int8_t> flags(elements(dataset.shape));
  if (flags.empty()) return flags;
  const Handle type(H5Dget_type(dataset.handle.id()), what);
  check(H5Dread(dataset.handle.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, flags.data()),
        what + ": cannot be read");
  return flags;
}

}  // namespace detail

}  // namespace cplae::h5
