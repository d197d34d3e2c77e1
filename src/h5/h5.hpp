#pragma once
// The one place that talks to the HDF5 C library: every identifier has an owner, every return code is
// checked, every message names file and object. Private to the project: include it in .cpp files and private
// headers only. Nothing here is collective by itself; a file opened with an MPI-IO access list makes
// creating, opening and closing of its objects collective, as HDF5 says.
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cplae/core/budget.hpp"
#include "cplae/core/limits.hpp"

namespace cplae::h5 {

/// Owner of one HDF5 identifier of any kind (file, group, dataset, type, space, attribute, property list).
class Handle {
public:
  Handle() = default;
  /// Takes over `id`, the result of an HDF5 call. Throws IoError "<what>: <HDF5's reason>" when it is
  /// negative.
  Handle(hid_t id, std::string_view what);
  Handle(Handle&& other) noexcept;
  Handle& operator=(Handle&& other) noexcept;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle();

  [[nodiscard]] hid_t id() const { return id_; }
  /// Closes now, so that a failure is seen (a file is flushed). Throws IoError.
  void close();
  /// Makes what is read of this object count with what is read of `parent`'s file.
  void share_budget(const Handle& parent) { budget_ = parent.budget_; }
  void set_budget(std::shared_ptr<Budget> budget) { budget_ = std::move(budget); }
  /// To be called before `bytes` of memory are taken for what this object holds: the same data may be linked
  /// from many places, so all reads of a file count together. Throws DataError naming the object when its
  /// file is too small for so much (limits::memory_bytes); files of this program's own making have no bound.
  void charge(std::uint64_t bytes) const;

private:
  hid_t id_ = H5I_INVALID_HID;
  std::shared_ptr<Budget> budget_;
};

/// Throws IoError "<what>: <HDF5's reason>" when `code` (herr_t, htri_t, hssize_t, ...) is negative; returns
/// it otherwise.
template <class Code>
Code check(Code code, std::string_view what);
[[noreturn]] void fail(std::string_view what);

/// "FILE: /path/in/file" of an open object; with `name`, of a member of it. For messages.
[[nodiscard]] std::string where(const Handle& object);
[[nodiscard]] std::string where(const Handle& parent, std::string_view name);

/// How a file is made. `access` is a property list of the caller (H5P_DEFAULT: serial; objects must be closed
/// first).
struct CreateOptions {
  std::size_t user_block_bytes = 0;  ///< 0, or a power of two >= 512
  hid_t access = H5P_DEFAULT;
};

/// Silences HDF5's own printing of errors (their reason goes into our messages). The functions of this header
/// do so themselves.
void silence();
/// Of the HDF5 that the program runs with: "1.10.8".
[[nodiscard]] std::string library_version();
/// Opens for reading, with a budget of memory for what is read (Handle::charge). Throws IoError: no such
/// file, a folder or something else that is no file, no HDF5 file, unreadable.
[[nodiscard]] Handle open_file(const std::filesystem::path& path, hid_t access = H5P_DEFAULT);
/// Local: looks whether `path` is an HDF5 file that can be read, without opening it. Throws IoError as
/// open_file does.
void check_readable(const std::filesystem::path& path);
/// Opens for reading and writing. Local. Throws IoError.
[[nodiscard]] Handle open_file_for_change(const std::filesystem::path& path, hid_t access = H5P_DEFAULT);
/// Makes the file, or empties it. Throws IoError, also for a link, which is not followed.
[[nodiscard]] Handle create_file(const std::filesystem::path& path, const CreateOptions& options = {});

enum class Kind { none, group, dataset, other };

/// What `name` (a member or a path) is; none where it is not there. Throws DataError for an external link,
/// which is never followed, and for external storage.
[[nodiscard]] Kind kind(const Handle& parent, const std::string& name);
[[nodiscard]] bool has(const Handle& parent, const std::string& name);
/// Names of the members, sorted.
[[nodiscard]] std::vector<std::string> members(const Handle& group);
/// Opens a group. Throws DataError when it is missing or no group.
[[nodiscard]] Handle open_group(const Handle& parent, const std::string& name);
/// Makes a group, and those above it.
[[nodiscard]] Handle create_group(const Handle& parent, const std::string& name);
/// Unlinks a member; nothing happens where there is none.
void remove(const Handle& parent, const std::string& name);
/// Property list of links that makes missing groups and marks names as UTF-8.
[[nodiscard]] Handle link_creation();

/// HDF5's type of a C++ number.
template <class T>
[[nodiscard]] hid_t native();

/// Variable-length UTF-8 text, as h5py writes it.
[[nodiscard]] Handle text_type();
/// The enum over int8 {FALSE, TRUE} that h5py writes for bool.
[[nodiscard]] Handle bool_type();

/// Whether the parts of a number's type lie within its bytes. HDF5 takes from the file where sign, exponent
/// and digits are, and reads there.
[[nodiscard]] bool has_its_bits(const Handle& type);

enum class Element { integer, real, boolean, text, other };

using Shape = std::vector<std::uint64_t>;

/// Elements of a shape. Pre-condition: the product fits (Dataset has checked it).
[[nodiscard]] inline std::uint64_t elements(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

/// An open dataset whose storage this program is willing to read.
struct Dataset {
  Handle handle;
  Shape shape;  ///< empty for a scalar
  Element element = Element::other;
};

/// Opens a dataset. Throws DataError naming it: missing or no dataset, more dimensions or elements than
/// `limits` allows, a virtual dataset, external storage, a filter other than gzip, shuffle and fletcher32
/// (the ones that AnnData's packages write; the others of HDF5 1.10 trust the sizes that a file declares).
[[nodiscard]] Dataset open_dataset(const Handle& parent, const std::string& name);

/// Part of a dataset: offset and count by dimension.
struct Block {
  Shape offset;
  Shape count;
};

/// All numbers of a dataset, row-major, converted to T. Pre-condition: out.size() == elements(shape). Throws
/// DataError when the dataset holds no numbers, IoError when HDF5 fails. A caller that makes `out` itself
/// charges the dataset's handle for it first.
template <class T>
void read(const Dataset& dataset, std::span<T> out);
template <class T>
[[nodiscard]] std::vector<T> read(const Dataset& dataset);
template <class T>
[[nodiscard]] std::vector<T> read(const Handle& parent, const std::string& name) {
  return read<T>(open_dataset(parent, name));
}
/// One block.
template <class T>
void read_block(const Dataset& dataset, const Block& block, std::span<T> out);

/// All texts of a dataset (variable or fixed length). Throws DataError when it holds none, or they are too
/// many or too long.
[[nodiscard]] std::vector<std::string> read_texts(const Dataset& dataset);
[[nodiscard]] std::vector<std::string> read_texts(const Handle& parent, const std::string& name);

struct Layout {
  Shape chunk;      ///< empty: contiguous
  int deflate = 0;  ///< gzip level, needs a chunk
};

/// Makes a dataset of `type`, and the groups above it. Throws IoError.
[[nodiscard]] Handle create_dataset(const Handle& parent, const std::string& name, hid_t type,
                                    const Shape& shape, const Layout& layout = {});
/// Writes all of it. Pre-condition: values.size() == elements of the dataset.
template <class T>
void write(const Handle& dataset, std::span<const T> values);

/// Makes and writes a contiguous dataset of numbers.
template <class T>
Handle write_array(const Handle& parent, const std::string& name, std::span<const T> values,
                   const Shape& shape);
/// Makes and writes a 1-D dataset of variable-length UTF-8 texts (not through MPI-IO: HDF5 1.10 refuses).
Handle write_texts(const Handle& parent, const std::string& name, const std::vector<std::string>& values);
/// Makes and writes a 1-D dataset of bool as h5py writes it.
Handle write_bools(const Handle& parent, const std::string& name, std::span<const std::uint8_t> values);

[[nodiscard]] bool has_attribute(const Handle& object, const std::string& name);
/// None where there is no such attribute. Throws DataError when it is something else.
[[nodiscard]] std::optional<std::string> text_attribute(const Handle& object, const std::string& name);
[[nodiscard]] std::optional<std::vector<std::string>> texts_attribute(const Handle& object,
                                                                      const std::string& name);
[[nodiscard]] std::optional<std::vector<std::int64_t>> integers_attribute(const Handle& object,
                                                                          const std::string& name);
[[nodiscard]] std::optional<double> real_attribute(const Handle& object, const std::string& name);

/// Write, or replace. Throws IoError.
void write_text_attribute(const Handle& object, const std::string& name, std::string_view value);
void write_texts_attribute(const Handle& object, const std::string& name,
                           const std::vector<std::string>& values);
void write_integer_attribute(const Handle& object, const std::string& name, std::int64_t value);
void write_real_attribute(const Handle& object, const std::string& name, double value);
void write_bool_attribute(const Handle& object, const std::string& name, bool value);

}  // namespace cplae::h5

#include "h5/h5_inline.hpp"
