#include "mat_stream.hpp"

#include <algorithm>

#include "cplae/core/error.hpp"

namespace cplae::data {

namespace {

int end_and_free(z_stream* stream) {
  const int code = inflateEnd(stream);
  delete stream;
  return code;
}

[[noreturn]] void fail_cut() {
  throw DataError("the file is damaged or cut short");
}

}  // namespace

MatStream::MatStream(std::ifstream& file, FileRange range, bool is_packed)
    : file_(file), left_(range.bytes), zlib_(nullptr, end_and_free) {
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(range.offset));
  if (!is_packed) return;
  auto stream = std::make_unique<z_stream>();
  if (inflateInit(stream.get()) != Z_OK) throw Error("zlib cannot be started");
  zlib_.reset(stream.release());
}

void MatStream::read(std::span<char> out) {
  zlib_ ? unpack(out) : read_plain(out);
}

void MatStream::skip(std::uint64_t bytes) {
  if (!zlib_) {
    if (bytes > left_) fail_cut();
    left_ -= bytes;
    file_.seekg(static_cast<std::streamoff>(bytes), std::ios::cur);
    return;
  }
  std::array<char, 1U << 14U> scratch{};
  while (bytes > 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, scratch.size()));
    unpack(std::span(scratch).first(piece));
    bytes -= piece;
  }
}

void MatStream::read_plain(std::span<char> out) {
  if (out.size() > left_) fail_cut();
  file_.read(out.data(), static_cast<std::streamsize>(out.size()));
  if (static_cast<std::size_t>(file_.gcount()) != out.size()) fail_cut();
  left_ -= out.size();
}

void MatStream::unpack(std::span<char> out) {
  zlib_->next_out = reinterpret_cast<Bytef*>(out.data());
  zlib_->avail_out = static_cast<uInt>(out.size());
  while (zlib_->avail_out > 0) {
    if (zlib_->avail_in == 0) {
      const auto piece = std::span(packed_).first(std::min<std::uint64_t>(left_, packed_.size()));
      if (piece.empty()) fail_cut();
      read_plain(piece);
      zlib_->next_in = reinterpret_cast<Bytef*>(piece.data());
      zlib_->avail_in = static_cast<uInt>(piece.size());
    }
    const int code = inflate(zlib_.get(), Z_NO_FLUSH);
    if (code != Z_OK && !(code == Z_STREAM_END && zlib_->avail_out == 0)) fail_cut();
  }
}

}  // namespace cplae::data
