#include "h5/texts.hpp"

#include <algorithm>

#include "cplae/core/error.hpp"

namespace cplae::h5 {

namespace {

std::vector<std::string> variable_texts(const TextSource& source, std::size_t count) {
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
  if (width == 0 || count > largest_elements / width)
    throw DataError(source.what + ": more than " + std::to_string(largest_elements) +
                    " bytes of text, the largest size read");
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
  if (static_cast<std::uint64_t>(count) > largest_texts)
    throw DataError(source.what + ": more than " + std::to_string(largest_texts) +
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
  return fetch_texts({.type = type, .space = space, .fetch = fetch, .what = what});
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
