#pragma once
#include <zlib.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <memory>
#include <span>

namespace cplae::data {

/// Where something lies in a file.
struct FileRange {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// The bytes of one variable of a MATLAB file, from the first to the last: as they lie in the file, or
/// unpacked. Nothing but two small buffers is kept in memory.
class MatStream {
public:
  /// Pre-condition: `file` lives longer, and nobody else moves it meanwhile.
  MatStream(std::ifstream& file, FileRange range, bool is_packed);
  MatStream(const MatStream&) = delete;
  MatStream& operator=(const MatStream&) = delete;
  ~MatStream() = default;

  /// Fills `out`. Throws DataError (without the file's name) when the variable ends before, or zlib finds it
  /// damaged.
  void read(std::span<char> out);
  void skip(std::uint64_t bytes);

private:
  void read_plain(std::span<char> out);
  void unpack(std::span<char> out);

  std::ifstream& file_;
  std::uint64_t left_;  ///< in the file
  std::unique_ptr<z_stream, int (*)(z_stream*)> zlib_;
  std::array<char, 1U << 14U> packed_{};
};

}  // namespace cplae::data
