#include "cplae/core/error.hpp"
#include "h5/h5.hpp"
#include "h5/texts.hpp"

namespace cplae::h5 {

namespace {

/// An open attribute with its type and space.
struct Attribute {
  Attribute(const Handle& object, const std::string& name)
      : what(where(object) + ": attribute '" + name + "'"),
        handle(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), what),
        type(H5Aget_type(handle.id()), what),
        space(H5Aget_space(handle.id()), what),
        count(check(H5Sget_simple_extent_npoints(space.id()), what)) {
    if (count > limits::attribute_elements)
      throw DataError(what + ": " + std::to_string(count) + " elements, expected a few");
  }

  /// Numbers of C++ type T. Throws DataError for anything else.
  template <class T>
  [[nodiscard]] std::vector<T> numbers() const {
    const H5T_class_t kind = H5Tget_class(type.id());
    if ((kind != H5T_INTEGER && kind != H5T_FLOAT) || !has_its_bits(type))
      throw DataError(what + ": holds no number, expected one");
    std::vector<T> values(static_cast<std::size_t>(count));
    if (count > 0) check(H5Aread(handle.id(), native<T>(), values.data()), what);
    return values;
  }

  std::string what;
  Handle handle;
  Handle type;
  Handle space;
  hssize_t count;
};

struct Value {
  hid_t type;
  hid_t space;
  const void* data;
};

void replace(const Handle& object, const std::string& name, const Value& value) {
  const std::string what = where(object) + ": attribute '" + name + "' cannot be written";
  if (has_attribute(object, name)) check(H5Adelete(object.id(), name.c_str()), what);
  const Handle attribute(
      H5Acreate2(object.id(), name.c_str(), value.type, value.space, H5P_DEFAULT, H5P_DEFAULT), what);
  if (value.data != nullptr) check(H5Awrite(attribute.id(), value.type, value.data), what);
}

void replace_scalar(const Handle& object, const std::string& name, hid_t type, const void* data) {
  const Handle space(H5Screate(H5S_SCALAR), "HDF5 scalar space");
  replace(object, name, {.type = type, .space = space.id(), .data = data});
}

}  // namespace

bool has_attribute(const Handle& object, const std::string& name) {
  return check(H5Aexists(object.id(), name.c_str()), where(object)) > 0;
}

std::optional<std::vector<std::string>> texts_attribute(const Handle& object, const std::string& name) {
  if (!has_attribute(object, name)) return std::nullopt;
  const Attribute attribute(object, name);
  if (attribute.count == 0) return std::vector<std::string>();
  if (H5Tget_class(attribute.type.id()) != H5T_STRING)
    throw DataError(attribute.what + ": holds no text, expected text");
  const auto fetch = [&](hid_t memory_type, void* out) {
    return H5Aread(attribute.handle.id(), memory_type, out);
  };
  return fetch_texts({.owner = object,
                      .type = attribute.type,
                      .space = attribute.space,
                      .fetch = fetch,
                      .what = attribute.what});
}

std::optional<std::string> text_attribute(const Handle& object, const std::string& name) {
  const auto texts = texts_attribute(object, name);
  if (!texts) return std::nullopt;
  if (texts->size() != 1)
    throw DataError(where(object) + ": attribute '" + name + "': holds " + std::to_string(texts->size()) +
                    " texts, expected one");
  return texts->front();
}

std::optional<std::vector<std::int64_t>> integers_attribute(const Handle& object, const std::string& name) {
  if (!has_attribute(object, name)) return std::nullopt;
  return Attribute(object, name).numbers<std::int64_t>();
}

std::optional<double> real_attribute(const Handle& object, const std::string& name) {
  if (!has_attribute(object, name)) return std::nullopt;
  const auto values = Attribute(object, name).numbers<double>();
  if (values.size() != 1)
    throw DataError(where(object) + ": attribute '" + name + "': holds " + std::to_string(values.size()) +
                    " numbers, expected one");
  return values.front();
}

void write_text_attribute(const Handle& object, const std::string& name, std::string_view value) {
  const Handle type = text_type();
  const std::string text(value);
  const char* pointer = text.c_str();
  replace_scalar(object, name, type.id(), static_cast<const void*>(&pointer));
}

void write_texts_attribute(const Handle& object, const std::string& name,
                           const std::vector<std::string>& values) {
  const Handle type = text_type();
  const auto size = static_cast<hsize_t>(values.size());
  const Handle space(H5Screate_simple(1, &size, nullptr), "HDF5 space");
  std::vector<const char*> pointers;
  pointers.reserve(values.size());
  for (const auto& value : values)
    pointers.push_back(value.c_str());
  replace(object, name,
          {.type = type.id(),
           .space = space.id(),
           .data = pointers.empty() ? nullptr : static_cast<const void*>(pointers.data())});
}

void write_integer_attribute(const Handle& object, const std::string& name, std::int64_t value) {
  replace_scalar(object, name, H5T_NATIVE_INT64, &value);
}

void write_real_attribute(const Handle& object, const std::string& name, double value) {
  replace_scalar(object, name, H5T_NATIVE_DOUBLE, &value);
}

void write_bool_attribute(const Handle& object, const std::string& name, bool value) {
  const Handle type = bool_type();
  const auto flag = static_cast<std::int8_t>(value ? 1 : 0);
  replace_scalar(object, name, type.id(), &flag);
}

}  // namespace cplae::h5
