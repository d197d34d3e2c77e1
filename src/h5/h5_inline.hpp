#pragma once
// Templates of h5.hpp.
#include "h5/h5.hpp"

namespace cplae::h5 {

template <class Code>
Code check(Code code, std::string_view what) {
  if (code < 0) fail(what);
  return code;
}

template <>
inline hid_t native<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
inline hid_t native<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
inline hid_t native<std::int8_t>() {
  return H5T_NATIVE_INT8;
}
template <>
inline hid_t native<std::uint8_t>() {
  return H5T_NATIVE_UINT8;
}
template <>
inline hid_t native<std::int16_t>() {
  return H5T_NATIVE_INT16;
}
template <>
inline hid_t native<std::int32_t>() {
  return H5T_NATIVE_INT32;
}
template <>
inline hid_t native<std::uint32_t>() {
  return H5T_NATIVE_UINT32;
}
template <>
inline hid_t native<std::int64_t>() {
  return H5T_NATIVE_INT64;
}
template <>
inline hid_t native<std::uint64_t>() {
  return H5T_NATIVE_UINT64;
}

namespace detail {

struct Transfer {
  hid_t memory_type;
  std::size_t elements;  ///< in memory
};

/// `block` null: the whole dataset.
void read_numbers(const Dataset& dataset, const Block* block, void* out, const Transfer& transfer);
void write_numbers(const Handle& dataset, const void* values, const Transfer& transfer);
/// A dataset of bool is stored as an enum, which HDF5 converts to no number.
[[nodiscard]] std::vector<std::int8_t> read_bools(const Dataset& dataset);

}  // namespace detail

template <class T>
void read(const Dataset& dataset, std::span<T> out) {
  if (dataset.element != Element::boolean)
    return detail::read_numbers(dataset, nullptr, out.data(),
                                {.memory_type = native<T>(), .elements = out.size()});
  const auto flags = detail::read_bools(dataset);
  for (std::size_t i = 0; i < flags.size(); ++i)
    out[i] = static_cast<T>(flags[i] != 0 ? 1 : 0);
}

template <class T>
std::vector<T> read(const Dataset& dataset) {
  dataset.handle.charge(elements(dataset.shape) * sizeof(T));
  std::vector<T> values(elements(dataset.shape));
  read(dataset, std::span<T>(values));
  return values;
}

template <class T>
void read_block(const Dataset& dataset, const Block& block, std::span<T> out) {
  detail::read_numbers(dataset, &block, out.data(), {.memory_type = native<T>(), .elements = out.size()});
}

template <class T>
void write(const Handle& dataset, std::span<const T> values) {
  detail::write_numbers(dataset, values.data(), {.memory_type = native<T>(), .elements = values.size()});
}

template <class T>
Handle write_array(const Handle& parent, const std::string& name, std::span<const T> values,
                   const Shape& shape) {
  Handle dataset = create_dataset(parent, name, native<T>(), shape);
  write(dataset, values);
  return dataset;
}

}  // namespace cplae::h5
