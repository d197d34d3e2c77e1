#pragma once
#include <cstdint>
#include <string>

namespace cplae {

/// What the contents of one input file may still take in memory (limits::memory_bytes of its size). All that
/// is read of a file counts together, since the same bytes of it may be named many times.
class Budget {
public:
  explicit Budget(std::uint64_t file_bytes);
  /// To be called before the memory is taken. Throws DataError "<what>: ..." when less than `bytes` is left.
  void take(std::uint64_t bytes, const std::string& what);

private:
  std::uint64_t file_bytes_;
  std::uint64_t left_;
};

}  // namespace cplae
