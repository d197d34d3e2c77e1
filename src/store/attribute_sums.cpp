#include "attribute_sums.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/core/hash.hpp"
#include "raw_dataset.hpp"

namespace cplae::store {

using h5::check;
using h5::Handle;

namespace {

constexpr std::size_t widest_number = 16;

std::vector<std::string> attribute_names(const Handle& object) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t from = 0;
  check(H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, &from, collect, &names), h5::where(object));
  std::sort(names.begin(), names.end());
  return names;
}

/// Texts with a NUL behind each; numbers as they lie in the file.
std::string value_bytes(const Handle& object, const std::string& name) {
  const std::string what = h5::where(object) + ": attribute '" + name + "'";
  const Handle attribute(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), what);
  const Handle type(H5Aget_type(attribute.id()), what);
  const H5T_class_t kind = H5Tget_class(type.id());
  std::string bytes;
  if (kind == H5T_STRING) {
    const auto texts = h5::texts_attribute(object, name);
    for (const auto& text : texts.value())
      bytes += text + '\0';
    return bytes;
  }
  const std::size_t width = H5Tget_size(type.id());
  const Handle space(H5Aget_space(attribute.id()), what);
  const hssize_t count = check(H5Sget_simple_extent_npoints(space.id()), what);
  const bool is_number = (kind == H5T_INTEGER || kind == H5T_FLOAT) && width <= widest_number;
  if (!is_number || count > limits::attribute_elements)
    throw DataError(what + ": neither text nor a few numbers, which is all that cplae writes");
  object.charge(static_cast<std::uint64_t>(count) * width);
  bytes.resize(static_cast<std::size_t>(count) * width);
  if (count > 0) check(H5Aread(attribute.id(), type.id(), bytes.data()), what);
  return bytes;
}

std::string digest(const std::string& text) {
  return sha256_hex(std::as_bytes(std::span(text)));
}

/// `path` is empty for the root.
std::string digests_of(const Handle& object, const std::string& path) {
  std::string digests;
  for (const auto& name : attribute_names(object)) {
    if (path.empty() && name == attribute_checksum) continue;
    digests += digest(path + '\0' + name + '\0' + value_bytes(object, name));
  }
  return digests;
}

}  // namespace

std::string checksum_of_attributes(const Handle& file) {
  std::string digests = digests_of(h5::open_group(file, "/"), "");
  for (const auto& [path, kind] : object_paths(file))
    digests += kind == h5::Kind::group ? digests_of(h5::open_group(file, path), path)
                                       : digests_of(h5::open_dataset(file, path).handle, path);
  return digest(digests);
}

}  // namespace cplae::store
