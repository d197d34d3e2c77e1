#include <algorithm>
#include <cstdint>

#include "cplae/core/error.hpp"
#include "h5/h5.hpp"
#include "h5/link_access.hpp"
#include "h5/object_info.hpp"
#include "h5/raw_header.hpp"

namespace cplae::h5 {

namespace {

herr_t refuse_external(const char*, const char*, const char*, const char*, unsigned*, hid_t, void*) {
  return -1;
}

/// Throws for a link out of the file; false where there is no link.
bool check_link(const Handle& parent, const std::string& path) {
  const htri_t there = H5Lexists(parent.id(), path.c_str(), H5P_DEFAULT);
  if (check(there, where(parent, path)) == 0) return false;
  H5L_info_t info;
  check(H5Lget_info(parent.id(), path.c_str(), &info, H5P_DEFAULT), where(parent, path));
  if (info.type != H5L_TYPE_HARD && info.type != H5L_TYPE_SOFT)
    throw DataError(where(parent, path) +
                    ": a link into another file, which is not followed; expected the data itself");
  return true;
}

Kind kind_of_object(const Handle& parent, const std::string& path) {
  // Number 7 of the format's header messages.
  constexpr std::uint64_t external_files = std::uint64_t{1} << 7U;
  const Handle list = refusing_links(H5P_LINK_ACCESS);
  // A soft link may lead nowhere, or out of the file.
  if (H5Oexists_by_name(parent.id(), path.c_str(), list.id()) <= 0) return Kind::none;
  const ObjectInfo info = info_of_object(parent, path, list);
  if ((info.messages & external_files) != 0)
    throw DataError(where(parent, path) +
                    ": its data lie in other files (external storage); expected the data itself");
  check_header(parent, info.address, where(parent, path));
  if (info.type == H5O_TYPE_GROUP) return Kind::group;
  return info.type == H5O_TYPE_DATASET ? Kind::dataset : Kind::other;
}

}  // namespace

Handle refusing_links(hid_t list_class) {
  Handle list(H5Pcreate(list_class), "HDF5 link access list");
  check(H5Pset_elink_cb(list.id(), refuse_external, nullptr), "HDF5 link access list");
  return list;
}

Handle link_creation() {
  Handle list(H5Pcreate(H5P_LINK_CREATE), "HDF5 link creation list");
  check(H5Pset_create_intermediate_group(list.id(), 1), "HDF5 link creation list");
  check(H5Pset_char_encoding(list.id(), H5T_CSET_UTF8), "HDF5 link creation list");
  return list;
}

Kind kind(const Handle& parent, const std::string& name) {
  // Step by step: H5Lexists fails on a path whose middle is missing, and would follow links there.
  Kind found = Kind::group;
  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = name.find('/', slash + 1);
    const std::string path = name.substr(0, slash);
    if (path.empty() || path.back() == '/') continue;
    if (found != Kind::group || !check_link(parent, path)) return Kind::none;
    found = kind_of_object(parent, path);
  }
  return found;
}

bool has(const Handle& parent, const std::string& name) {
  return kind(parent, name) != Kind::none;
}

std::vector<std::string> members(const Handle& group) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  check(H5Literate(group.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names), where(group));
  std::sort(names.begin(), names.end());
  return names;
}

Handle open_group(const Handle& parent, const std::string& name) {
  const Kind found = kind(parent, name);
  if (found != Kind::group)
    throw DataError(where(parent, name) + (found == Kind::none ? ": missing" : ": is no group") +
                    ", expected a group");
  const Handle list = refusing_links(H5P_GROUP_ACCESS);
  Handle group(H5Gopen2(parent.id(), name.c_str(), list.id()), where(parent, name));
  group.share_budget(parent);
  return group;
}

Handle create_group(const Handle& parent, const std::string& name) {
  const Handle links = link_creation();
  return {H5Gcreate2(parent.id(), name.c_str(), links.id(), H5P_DEFAULT, H5P_DEFAULT),
          where(parent, name) + ": cannot be made"};
}

void remove(const Handle& parent, const std::string& name) {
  if (kind(parent, name) == Kind::none) return;
  check(H5Ldelete(parent.id(), name.c_str(), H5P_DEFAULT), where(parent, name) + ": cannot be replaced");
}

}  // namespace cplae::h5
