#include "h5/texts.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "cplae/core/error.hpp"
#include "h5/heap.hpp"

namespace cplae::h5 {

namespace {

/// What the file holds in the place of a text of variable length: its length (4 bytes, the lowest first),
/// then where it lies.
constexpr std::size_t reference_bytes = 16;
using Reference = std::array<std::uint8_t, reference_bytes>;
static_assert(std::endian::native == std::endian::little, "references are read as they lie in memory");

/// HDF5's conversion of texts of variable length to opaque bytes: none, so that the references are seen.
herr_t keep_reference(hid_t source, hid_t target, H5T_cdata_t* data, std::size_t, std::size_t, std::size_t,
                      void*, void*, hid_t) {
  if (data->command != H5T_CONV_INIT) return 0;
  data->need_bkg = H5T_BKG_NO;
  const bool fits = H5Tis_variable_str(source) > 0 && H5Tget_size(target) == reference_bytes;
  return fits ? 0 : -1;
}

Handle reference_type() {
  Handle type(H5Tcreate(H5T_OPAQUE, reference_bytes), "HDF5 reference type");
  check(H5Tset_tag(type.id(), "reference to a text"), "HDF5 reference type");
  static const bool is_registered = [&] {
    check(H5Tregister(H5T_PERS_SOFT, "text reference", text_type().id(), type.id(), keep_reference),
          "HDF5 text references");
    return true;
  }();
  static_cast<void>(is_registered);
  return type;
}

/// Many elements may refer to one text, so that a small file holds a large array: what HDF5 would allocate is
/// added up before it does.
void charge_variable_texts(const TextSource& source, std::size_t count) {
  source.owner.charge(count * (reference_bytes + sizeof(char*) + limits::text_overhead));
  std::vector<Reference> references(count);
  check(source.fetch(reference_type().id(), references.data()), source.what + ": cannot be read");
  std::uint64_t bytes = 0;
  HeapTexts texts;
  for (const Reference& reference : references) {
    std::uint32_t length = 0;
    std::uint64_t address = 0;
    std::uint32_t number = 0;
    std::memcpy(&length, reference.data(), sizeof length);
    std::memcpy(&address, reference.data() + sizeof length, sizeof address);
    std::memcpy(&number, reference.data() + sizeof length + sizeof address, sizeof number);
    if (length > limits::text_bytes)
      throw DataError(source.what + ": a text of " + std::to_string(length) + " bytes, expected at most " +
                      std::to_string(limits::text_bytes));
    bytes += length;
    // Without an address there is no text; with one, HDF5 looks there for a text of no length too.
    if (address == 0) continue;
    if (texts[address].try_emplace(number, length).first->second != length)
      throw DataError(source.what + ": damaged: one text of two lengths");
  }
  check_heaps(source.owner, texts, source.what);
  // HDF5's copy and ours are there at the same time.
  source.owner.charge(2 * bytes);
}

std::vector<std::string> variable_texts(const TextSource& source, std::size_t count) {
  charge_variable_texts(source, count);
  // HDF5 has no conversion between character sets: ask for the one that is stored.
  const Handle memory = text_type();
  check(H5Tset_cset(memory.id(), H5Tget_cset(source.type.id())), source.what);
  std::vector<char*> pointers(count, nullptr);
  check(source.fetch(memory.id(), static_cast<void*>(pointers.data())), source.what + ": cannot be read");
  std::vector<std::string> texts;
  texts.reserve(count);
  for (const char* pointer : pointers)
    texts.emplace_back(pointer == nullptr ? "" : pointer);
  check(H5Dvlen_reclaim(memory.id(), source.space.id(), H5P_DEFAULT, static_cast<void*>(pointers.data())),
        source.what);
  return texts;
}

std::vector<std::string> fixed_texts(const TextSource& source, std::size_t count) {
  const std::size_t width = H5Tget_size(source.type.id());
  if (width == 0 || width > limits::text_bytes)
    throw DataError(source.what + ": texts of " + std::to_string(width) + " bytes, expected 1 to " +
                    std::to_string(limits::text_bytes));
  source.owner.charge(count * (2 * width + limits::text_overhead));
  const bool padded_by_blanks = H5Tget_strpad(source.type.id()) == H5T_STR_SPACEPAD;
  std::string bytes(count * width, '\0');
  check(source.fetch(source.type.id(), bytes.data()), source.what + ": cannot be read");
  std::vector<std::string> texts;
  texts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = bytes.substr(i * width, width);
    text.resize(std::min(text.find('\0'), text.size()));
    if (padded_by_blanks) text.resize(text.find_last_not_of(' ') + 1);
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace

std::vector<std::string> fetch_texts(const TextSource& source) {
  const auto count = check(H5Sget_simple_extent_npoints(source.space.id()), source.what);
  if (static_cast<std::uint64_t>(count) > limits::texts)
    throw DataError(source.what + ": more than " + std::to_string(limits::texts) +
                    " texts, the largest number read");
  if (count == 0) return {};
  const bool variable = check(H5Tis_variable_str(source.type.id()), source.what) > 0;
  const auto texts = static_cast<std::size_t>(count);
  return variable ? variable_texts(source, texts) : fixed_texts(source, texts);
}

std::vector<std::string> read_texts(const Dataset& dataset) {
  const std::string what = where(dataset.handle);
  if (dataset.element != Element::text)
    throw DataError(what + (dataset.element == Element::other ? ": holds no text" : ": holds numbers") +
                    ", expected text");
  const Handle type(H5Dget_type(dataset.handle.id()), what);
  const Handle space(H5Dget_space(dataset.handle.id()), what);
  const auto fetch = [&](hid_t memory_type, void* out) {
    return H5Dread(dataset.handle.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
  };
  return fetch_texts({.owner = dataset.handle, .type = type, .space = space, .fetch = fetch, .what = what});
}

std::vector<std::string> read_texts(const Handle& parent, const std::string& name) {
  return read_texts(open_dataset(parent, name));
}

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1), "HDF5 text type");
  check(H5Tset_size(type.id(), H5T_VARIABLE), "HDF5 text type");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "HDF5 text type");
  return type;
}

Handle write_texts(const Handle& parent, const std::string& name, const std::vector<std::string>& values) {
  const Handle type = text_type();
  Handle dataset = create_dataset(parent, name, type.id(), {values.size()});
  if (values.empty()) return dataset;
  std::vector<const char*> pointers;
  pointers.reserve(values.size());
  for (const auto& value : values)
    pointers.push_back(value.c_str());
  check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                 static_cast<const void*>(pointers.data())),
        where(dataset) + ": cannot be written");
  return dataset;
}

}  // namespace cplae::h5
