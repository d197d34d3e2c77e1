#include "raw_dataset.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::store {

using h5::Handle;

namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 24U;
constexpr int deepest_group = 16;

struct Walk {
  const Handle& file;
  std::vector<std::pair<std::string, h5::Kind>> objects;
  std::set<haddr_t> seen;

  /// Objects with several names would make more paths than any file has bytes.
  void require_new(const std::string& path) {
    H5L_info_t link;
    h5::check(H5Lget_info(file.id(), path.c_str(), &link, H5P_DEFAULT), h5::where(file, path));
    if (link.type != H5L_TYPE_HARD || !seen.insert(link.u.address).second)
      throw DataError(h5::where(file, path) +
                      ": a second name of something else in the file, which cplae does not write");
  }

  void visit(const std::string& folder, int depth) {
    if (depth > deepest_group)
      throw DataError(h5::where(file, folder) + ": groups nested deeper than " +
                      std::to_string(deepest_group));
    for (const auto& member : h5::members(h5::open_group(file, folder.empty() ? "/" : folder))) {
      const std::string path = folder.empty() ? member : folder + "/" + member;
      const h5::Kind kind = h5::kind(file, path);
      if (kind != h5::Kind::group && kind != h5::Kind::dataset)
        throw DataError(h5::where(file, path) + ": is neither group nor dataset");
      require_new(path);
      objects.emplace_back(path, kind);
      if (kind == h5::Kind::group) visit(path, depth + 1);
    }
  }
};

/// A number of any type that HDF5 can convert to T.
template <class T>
T number_of(const Handle& type, std::span<const std::byte> element) {
  std::vector<std::byte> buffer(std::max(element.size(), sizeof(T)));
  std::memcpy(buffer.data(), element.data(), element.size());
  h5::check(H5Tconvert(type.id(), h5::native<T>(), 1, buffer.data(), nullptr, H5P_DEFAULT), "HDF5 number");
  T value{};
  std::memcpy(&value, buffer.data(), sizeof value);
  return value;
}

std::string compound_text(const Handle& type, std::span<const std::byte> element) {
  std::vector<std::string> fields;
  const int count = h5::check(H5Tget_nmembers(type.id()), "HDF5 compound");
  for (int i = 0; i < count; ++i) {
    const auto member = static_cast<unsigned>(i);
    const Handle field(H5Tget_member_type(type.id(), member), "HDF5 compound");
    char* name = H5Tget_member_name(type.id(), member);
    fields.push_back(std::string(name != nullptr ? name : "?") + "=" +
                     element_text(field, element.subspan(H5Tget_member_offset(type.id(), member),
                                                         H5Tget_size(field.id()))));
    H5free_memory(name);
  }
  return "{" + join(fields, ", ") + "}";
}

/// Whether HDF5 reads elements of this type without looking anywhere else: a reference into a heap, however
/// deep in an array or a compound, would be believed.
bool is_plain(const Handle& type) {
  switch (H5Tget_class(type.id())) {
    case H5T_INTEGER:
    case H5T_FLOAT:
      return h5::has_its_bits(type);
    case H5T_STRING:
      return H5Tis_variable_str(type.id()) == 0;
    default:
      return false;
  }
}

bool is_plain_or_row(const Handle& type) {
  if (H5Tget_class(type.id()) != H5T_COMPOUND) return is_plain(type);
  const int count = h5::check(H5Tget_nmembers(type.id()), "HDF5 compound");
  for (int i = 0; i < count; ++i)
    if (!is_plain(Handle(H5Tget_member_type(type.id(), static_cast<unsigned>(i)), "HDF5 compound")))
      return false;
  return true;
}

}  // namespace

RawDataset::RawDataset(const Handle& file, const std::string& name)
    : name_(name),
      dataset_(h5::open_dataset(file, name)),
      type_(H5Dget_type(dataset_.handle.id()), h5::where(file, name)) {
  if (!is_plain_or_row(type_))
    throw DataError(
        h5::where(file, name) +
        ": elements of a type that cplae does not write, expected numbers, texts of one length, or "
        "rows of these");
  // With the bound on elements no product of sizes overflows.
  if (element_bytes() > limits::text_bytes)
    throw DataError(h5::where(file, name) + ": elements of " + std::to_string(element_bytes()) +
                    " bytes, expected at most " + std::to_string(limits::text_bytes));
}

std::size_t RawDataset::element_bytes() const {
  return H5Tget_size(type_.id());
}

std::size_t RawDataset::rows() const {
  return dataset_.shape.empty() ? 1 : dataset_.shape[0];
}

std::size_t RawDataset::row_bytes() const {
  const auto in_row = std::span(dataset_.shape).subspan(dataset_.shape.empty() ? 0 : 1);
  return h5::elements({in_row.begin(), in_row.end()}) * element_bytes();
}

std::size_t RawDataset::rows_at_once() const {
  return std::max<std::size_t>(1, piece_bytes / std::max<std::size_t>(1, row_bytes()));
}

std::vector<std::byte> RawDataset::read(std::size_t begin, std::size_t end) const {
  const std::string what = h5::where(dataset_.handle);
  dataset_.handle.charge((end - begin) * row_bytes());
  std::vector<std::byte> bytes((end - begin) * row_bytes());
  if (bytes.empty()) return bytes;
  const Handle space(H5Dget_space(dataset_.handle.id()), what);
  if (!dataset_.shape.empty()) {
    std::vector<hsize_t> offset(dataset_.shape.size(), 0);
    std::vector<hsize_t> count(dataset_.shape.begin(), dataset_.shape.end());
    offset[0] = begin;
    count[0] = end - begin;
    h5::check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr),
              what);
  }
  const hsize_t elements = bytes.size() / element_bytes();
  const Handle memory(H5Screate_simple(1, &elements, nullptr), what);
  h5::check(H5Dread(dataset_.handle.id(), type_.id(), memory.id(), space.id(), H5P_DEFAULT, bytes.data()),
            what + ": cannot be read");
  return bytes;
}

std::vector<std::pair<std::string, h5::Kind>> object_paths(const Handle& file) {
  Walk walk{file, {}, {}};
  walk.visit("", 0);
  std::sort(walk.objects.begin(), walk.objects.end());
  return walk.objects;
}

std::vector<std::string> dataset_names(const Handle& file) {
  std::vector<std::string> names;
  for (const auto& [path, kind] : object_paths(file))
    if (kind == h5::Kind::dataset) names.push_back(path);
  return names;
}

std::string element_text(const Handle& type, std::span<const std::byte> element) {
  switch (H5Tget_class(type.id())) {
    case H5T_FLOAT:
      return element.size() <= sizeof(float) ? number_text(number_of<float>(type, element))
                                             : number_text(number_of<double>(type, element));
    case H5T_INTEGER:
      return H5Tget_sign(type.id()) == H5T_SGN_NONE ? std::to_string(number_of<std::uint64_t>(type, element))
                                                    : std::to_string(number_of<std::int64_t>(type, element));
    case H5T_STRING: {
      const std::string text(reinterpret_cast<const char*>(element.data()), element.size());
      return "'" + text.substr(0, text.find('\0')) + "'";
    }
    case H5T_COMPOUND:
      return compound_text(type, element);
    default:
      return std::to_string(element.size()) + " bytes";
  }
}

}  // namespace cplae::store
