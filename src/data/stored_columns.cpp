#include "stored_columns.hpp"

#include <algorithm>

#include "cplae/core/error.hpp"
#include "write_frame.hpp"

namespace cplae::data {

namespace {

/// Numbers and flags are carried over as they are, whatever their type.
h5::Handle take_numbers(const h5::Dataset& column, const ColumnCopy& copy) {
  const std::string what = h5::where(column.handle);
  const h5::Handle stored(H5Dget_type(column.handle.id()), what);
  const h5::Handle type(H5Tcopy(stored.id()), what);
  const std::size_t size = H5Tget_size(type.id());
  const std::uint64_t bytes = h5::elements(column.shape) * size;
  column.handle.charge(bytes);
  std::vector<char> all(bytes);
  if (!all.empty())
    h5::check(H5Dread(column.handle.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()),
              what + ": cannot be read");
  std::vector<char> taken;
  taken.reserve(copy.rows.size() * size);
  for (const Eigen::Index row : copy.rows)
    taken.insert(taken.end(), all.begin() + row * static_cast<Eigen::Index>(size),
                 all.begin() + (row + 1) * static_cast<Eigen::Index>(size));
  h5::Handle made = h5::create_dataset(copy.to, copy.name, type.id(), {copy.rows.size()});
  if (!taken.empty())
    h5::check(H5Dwrite(made.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, taken.data()),
              h5::where(made) + ": cannot be written");
  return made;
}

h5::Handle take_texts(const h5::Dataset& column, const ColumnCopy& copy) {
  const auto all = h5::read_texts(column);
  std::vector<std::string> taken;
  for (const Eigen::Index row : copy.rows)
    taken.push_back(all[static_cast<std::size_t>(row)]);
  return h5::write_texts(copy.to, copy.name, taken);
}

void take_rows(const ColumnCopy& copy) {
  const h5::Dataset column = h5::open_dataset(copy.from, copy.stored_name);
  const auto last = std::max_element(copy.rows.begin(), copy.rows.end());
  if (column.shape.size() != 1 || column.element == h5::Element::other ||
      (last != copy.rows.end() && static_cast<std::uint64_t>(*last) >= column.shape.front()))
    throw DataError(h5::where(column.handle) + ": expected a number or text for each of the rows");
  const h5::Handle made =
      column.element == h5::Element::text ? take_texts(column, copy) : take_numbers(column, copy);
  for (const char* attribute : {"encoding-type", "encoding-version"})
    if (const auto value = h5::text_attribute(column.handle, attribute))
      h5::write_text_attribute(made, attribute, *value);
}

}  // namespace

bool is_stored_alone(const h5::Handle& frame, const std::string& column) {
  return h5::has(frame, column) && !h5::has(frame, "__categories/" + column);
}

void copy_column(const ColumnCopy& copy) {
  h5::remove(copy.to, copy.name);
  if (h5::kind(copy.from, copy.stored_name) != h5::Kind::group) return take_rows(copy);
  // Categories and attributes come along; what has a value for each row is taken anew.
  const h5::Handle links = h5::link_creation();
  h5::check(H5Ocopy(copy.from.id(), copy.stored_name.c_str(), copy.to.id(), copy.name.c_str(), H5P_DEFAULT,
                    links.id()),
            h5::where(copy.from, copy.stored_name) + ": cannot be copied");
  const h5::Handle from = h5::open_group(copy.from, copy.stored_name);
  const h5::Handle to = h5::open_group(copy.to, copy.name);
  for (const std::string part : {"codes", "values", "mask"}) {
    if (!h5::has(from, part)) continue;
    h5::remove(to, part);
    take_rows({.from = from, .stored_name = part, .to = to, .name = part, .rows = copy.rows});
  }
}

}  // namespace cplae::data
