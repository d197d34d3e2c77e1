#include "h5/raw_file.hpp"

#include "cplae/core/error.hpp"

namespace cplae::h5 {

bool is_written(const Handle& object, const std::string& what) {
  const Handle file(H5Iget_file_id(object.id()), what);
  unsigned intent = 0;
  check(H5Fget_intent(file.id(), &intent), what);
  return (intent & H5F_ACC_RDWR) != 0;
}

RawPlace raw_place(const Handle& object, const std::string& what) {
  const Handle file(H5Iget_file_id(object.id()), what);
  std::string name(static_cast<std::size_t>(check(H5Fget_name(file.id(), nullptr, 0), what)) + 1, '\0');
  check(H5Fget_name(file.id(), name.data(), name.size()), what);
  name.pop_back();
  const Handle creation(H5Fget_create_plist(file.id()), what);
  std::size_t address_bytes = 0;
  std::size_t length_bytes = 0;
  check(H5Pget_sizes(creation.id(), &address_bytes, &length_bytes), what);
  if (address_bytes != 8 || length_bytes != 8)
    throw DataError(what + ": a file with addresses of " + std::to_string(address_bytes) +
                    " bytes, expected 8");
  hsize_t user_block = 0;
  check(H5Pget_userblock(creation.id(), &user_block), what);
  return {.path = name, .base = user_block};
}

}  // namespace cplae::h5
