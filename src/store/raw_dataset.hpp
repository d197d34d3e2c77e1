#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "h5/h5.hpp"

namespace cplae::store {

/// A dataset's bytes as they lie in the file, whatever its type, by rows (first dimension; a scalar is one
/// row).
class RawDataset {
public:
  /// Throws DataError as h5::open_dataset does, and for elements that are no numbers, texts of one length or
  /// compounds of these.
  RawDataset(const h5::Handle& file, const std::string& name);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const h5::Shape& shape() const { return dataset_.shape; }
  [[nodiscard]] const h5::Handle& type() const { return type_; }
  [[nodiscard]] const h5::Handle& handle() const { return dataset_.handle; }
  [[nodiscard]] std::size_t element_bytes() const;
  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::size_t row_bytes() const;
  /// Rows that may be read together without asking for much memory: at least one.
  [[nodiscard]] std::size_t rows_at_once() const;
  /// Rows [begin, end). Throws IoError, DataError when the file is too small for so much (Handle::charge).
  [[nodiscard]] std::vector<std::byte> read(std::size_t begin, std::size_t end) const;

private:
  std::string name_;
  h5::Dataset dataset_;
  h5::Handle type_;
};

/// Paths of all groups and datasets of a file but its root, sorted. Throws DataError for links out of the
/// file, for other objects, and for groups that are nested without end.
[[nodiscard]] std::vector<std::pair<std::string, h5::Kind>> object_paths(const h5::Handle& file);
/// Paths of all datasets of a file, sorted. Throws DataError for links out of the file and for other objects.
[[nodiscard]] std::vector<std::string> dataset_names(const h5::Handle& file);

/// One element as text for people: a number, a text in quotes, the fields of a compound.
[[nodiscard]] std::string element_text(const h5::Handle& type, std::span<const std::byte> element);

}  // namespace cplae::store
