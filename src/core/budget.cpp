#include "cplae/core/budget.hpp"

#include "cplae/core/error.hpp"
#include "cplae/core/limits.hpp"

namespace cplae {

Budget::Budget(std::uint64_t file_bytes) : file_bytes_(file_bytes), left_(limits::memory_bytes(file_bytes)) {}

void Budget::take(std::uint64_t bytes, const std::string& what) {
  if (bytes > left_)
    throw DataError(
        what + ": takes " + std::to_string(bytes) + " bytes of memory, and " + std::to_string(left_) +
        " are left of the " + std::to_string(limits::memory_bytes(file_bytes_)) + " that a file of " +
        std::to_string(file_bytes_) + " bytes may fill, expected a file that holds what it claims");
  left_ -= bytes;
}

}  // namespace cplae
