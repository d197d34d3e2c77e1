#include <algorithm>

#include "cplae/core/text.hpp"
#include "cplae/store/verify.hpp"
#include "raw_dataset.hpp"

namespace cplae::store {

namespace {

std::string shape_text(const h5::Shape& shape) {
  std::vector<std::string> sizes;
  for (const auto size : shape)
    sizes.push_back(std::to_string(size));
  return "[" + join(sizes, " x ") + "]";
}

/// Index of an element in the order of the file.
std::string index_text(const h5::Shape& shape, std::uint64_t element) {
  std::vector<std::string> index(shape.size());
  for (std::size_t d = shape.size(); d-- > 0;) {
    index[d] = std::to_string(element % shape[d]);
    element /= shape[d];
  }
  return "[" + join(index, ", ") + "]";
}

std::optional<std::string> difference_of(const RawDataset& one, const RawDataset& other) {
  if (one.shape() != other.shape())
    return one.name() + ": shape " + shape_text(one.shape()) + " and " + shape_text(other.shape());
  if (H5Tequal(one.type().id(), other.type().id()) <= 0) return one.name() + ": elements of different types";
  for (std::size_t row = 0; row < one.rows();) {
    const std::size_t end = std::min(one.rows(), row + one.rows_at_once());
    const auto first = one.read(row, end);
    const auto second = other.read(row, end);
    const auto at = std::mismatch(first.begin(), first.end(), second.begin());
    if (at.first != first.end()) {
      const std::size_t size = one.element_bytes();
      const auto element = static_cast<std::size_t>(at.first - first.begin()) / size;
      const auto text = [&](const std::vector<std::byte>& bytes) {
        return element_text(one.type(), std::span(bytes).subspan(element * size, size));
      };
      return one.name() + index_text(one.shape(), row * (one.row_bytes() / size) + element) + ": " +
             text(first) + " and " + text(second);
    }
    row = end;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> first_difference(const std::filesystem::path& one,
                                            const std::filesystem::path& other) {
  const h5::Handle first = h5::open_file(one);
  const h5::Handle second = h5::open_file(other);
  const auto names = dataset_names(first);
  const auto others = dataset_names(second);
  for (const auto& name : names) {
    if (!std::binary_search(others.begin(), others.end(), name)) return name + ": only in " + one.string();
    if (auto found = difference_of(RawDataset(first, name), RawDataset(second, name))) return found;
  }
  for (const auto& name : others)
    if (!std::binary_search(names.begin(), names.end(), name)) return name + ": only in " + other.string();
  return std::nullopt;
}

}  // namespace cplae::store
