#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "cplae/core/error.hpp"
#include "h5/h5.hpp"
#include "h5/link_access.hpp"
#include "h5/object_info.hpp"
#include "h5/raw_header.hpp"

namespace cplae::h5 {

namespace fs = std::filesystem;

namespace {

/// HDF5 writes small datasets when they are closed, which is in a destructor: why the first of them failed,
/// for the closing of their file to tell.
thread_local std::string lost_write;

/// MPI-IO does not pass on why a call failed, but the system's word is often still there. Only words on
/// disks: others come from anywhere.
std::string disk_reason(int error) {
  constexpr std::array disk_errors{ENOSPC, EDQUOT, EIO, EFBIG, EROFS, ESTALE, EACCES};
  const bool is_known = std::find(disk_errors.begin(), disk_errors.end(), error) != disk_errors.end();
  return is_known ? std::generic_category().message(error) : "";
}

/// The innermost entry of HDF5's error stack says what happened; the outer ones only where.
std::string reason() {
  const std::string disk = disk_reason(errno);
  std::string text;
  const auto first = [](unsigned, const H5E_error2_t* entry, void* out) -> herr_t {
    if (entry->desc != nullptr) *static_cast<std::string*>(out) = entry->desc;
    return 1;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first, &text);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.empty()) text = "HDF5 gives no reason";
  return disk.empty() || text.find(disk) != std::string::npos ? text : text + ": " + disk;
}

std::string name_of(hid_t object, ssize_t (*get)(hid_t, char*, std::size_t)) {
  const ssize_t length = get(object, nullptr, 0);
  if (length <= 0) return "";
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  get(object, text.data(), text.size());
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// Keeps HDF5's error stack over calls that would clear it: names for a message are often asked for after the
/// failure.
class KeptErrors {
public:
  KeptErrors() : stack_(H5Eget_current_stack()) {}
  KeptErrors(const KeptErrors&) = delete;
  KeptErrors& operator=(const KeptErrors&) = delete;
  ~KeptErrors() {
    if (stack_ >= 0) H5Eset_current_stack(stack_);
  }

private:
  hid_t stack_;
};

Handle access_list(hid_t given) {
  if (given != H5P_DEFAULT) return {check(H5Pcopy(given), "HDF5 access list"), "HDF5 access list"};
  Handle list(H5Pcreate(H5P_FILE_ACCESS), "HDF5 access list");
#if H5_VERSION_GE(1, 10, 7)
  // Cluster file systems often have no locks; elsewhere a file that another program is writing is refused.
  check(H5Pset_file_locking(list.id(), true, true), "HDF5 access list");
#endif
  return list;
}

}  // namespace

std::string library_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  check(H5get_libversion(&major, &minor, &release), "HDF5 version");
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

void silence() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void fail(std::string_view what) {
  throw IoError(std::string(what) + ": " + reason());
}

Handle::Handle(hid_t id, std::string_view what) : id_(id) {
  if (id < 0) fail(what);
}
Handle::Handle(Handle&& other) noexcept
    : id_(std::exchange(other.id_, H5I_INVALID_HID)), budget_(std::move(other.budget_)) {}
Handle& Handle::operator=(Handle&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(budget_, other.budget_);
  return *this;
}
Handle::~Handle() {
  if (id_ < 0) return;
  const bool may_write = H5Iget_type(id_) == H5I_DATASET;
  errno = 0;
  if (H5Idec_ref(id_) < 0 && may_write && lost_write.empty()) lost_write = reason();
}

void Handle::charge(std::uint64_t bytes) const {
  if (budget_) budget_->take(bytes, where(*this));
}

void Handle::close() {
  const hid_t id = std::exchange(id_, H5I_INVALID_HID);
  if (id < 0) return;
  const bool is_file = H5Iget_type(id) == H5I_FILE;
  const std::string name = is_file ? name_of(id, H5Fget_name) : "HDF5 object";
  errno = 0;
  const herr_t code = is_file ? H5Fclose(id) : static_cast<herr_t>(H5Idec_ref(id));
  check(code, name + ": closing failed");
  if (is_file && !lost_write.empty())
    throw IoError(name + ": writing a dataset failed: " + std::exchange(lost_write, ""));
}

std::string where(const Handle& object) {
  const KeptErrors kept;
  const std::string path = name_of(object.id(), H5Iget_name);
  const std::string file = name_of(object.id(), H5Fget_name);
  return path.empty() ? file : file + ": " + path;
}

std::string where(const Handle& parent, std::string_view name) {
  const KeptErrors kept;
  std::string text = where(parent);
  if (H5Iget_type(parent.id()) == H5I_FILE && (text.size() < 3 || text.substr(text.size() - 3) != ": /"))
    text += ": /";
  if (text.back() != '/') text += '/';
  return text.append(name);
}

void check_readable(const fs::path& path) {
  silence();
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) throw IoError(path.string() + ": no such file");
  if (fs::is_directory(status)) throw IoError(path.string() + ": is a folder, expected an HDF5 file");
  // To open a pipe would be to wait for whoever writes to it.
  if (!fs::is_regular_file(status))
    throw IoError(path.string() + ": is no regular file, expected an HDF5 file");
  if (::access(path.c_str(), R_OK) != 0)
    throw IoError(path.string() + ": cannot be read: " + std::generic_category().message(errno));
  const htri_t hdf5 = H5Fis_hdf5(path.c_str());
  if (hdf5 == 0) throw IoError(path.string() + ": is no HDF5 file (its signature is missing)");
  check(hdf5, path.string());
}

Handle open_file(const fs::path& path, hid_t access) {
  check_readable(path);
  const Handle list = access_list(access);
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, list.id()), path.string() + ": cannot be opened");
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (error) throw IoError(path.string() + ": cannot be read: " + error.message());
  file.set_budget(std::make_shared<Budget>(bytes));
  const ObjectInfo root = info_of_object(file, "/", refusing_links(H5P_LINK_ACCESS));
  check_header(file, root.address, path.string());
  return file;
}

Handle open_file_for_change(const fs::path& path, hid_t access) {
  check_readable(path);
  // HDF5's drivers do not all say so.
  if (::access(path.c_str(), W_OK) != 0)
    throw IoError(path.string() + ": cannot be written: " + std::generic_category().message(errno));
  const Handle list = access_list(access);
  // Objects left open would keep the file open behind our back, unwritten: with "semi" closing fails instead.
  check(H5Pset_fclose_degree(list.id(), H5F_CLOSE_SEMI), path.string());
  return {H5Fopen(path.c_str(), H5F_ACC_RDWR, list.id()), path.string() + ": cannot be opened for writing"};
}

Handle create_file(const fs::path& path, const CreateOptions& options) {
  silence();
  std::error_code error;
  if (fs::is_symlink(fs::symlink_status(path, error)))
    throw IoError(path.string() + ": is a link, which is not followed; expected no file or a file");
  const Handle list = access_list(options.access);
  check(H5Pset_fclose_degree(list.id(), H5F_CLOSE_SEMI), path.string());
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), path.string());
  if (options.user_block_bytes > 0)
    check(H5Pset_userblock(creation.id(), options.user_block_bytes), path.string());
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), list.id()),
          path.string() + ": cannot be made"};
}

}  // namespace cplae::h5
