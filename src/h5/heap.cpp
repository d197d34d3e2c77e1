#include "h5/heap.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>

#include "cplae/core/error.hpp"
#include "h5/raw_file.hpp"

namespace cplae::h5 {

namespace {

constexpr std::uint64_t header_bytes = 16;  ///< of a collection, and of each object in it
constexpr std::string_view signature = "GCOL";

/// Walks over collections with the file's own bytes.
class HeapWalk {
public:
  HeapWalk(const RawPlace& place, const std::string& what)
      : file_(place.path, std::ios::binary), what_(what), base_(place.base) {
    std::error_code error;
    bytes_ = std::filesystem::file_size(place.path, error);
    left_ = bytes_;
    if (error || !file_) fail("its file cannot be read again");
  }

  void check_collection(std::uint64_t address, const std::map<std::uint32_t, std::uint64_t>& texts) {
    if (base_ > bytes_ || address > bytes_ - base_) fail("texts outside of the file");
    const std::uint64_t begin = base_ + address;
    read(begin, header_bytes);
    const std::uint64_t size = number_at<std::uint64_t>(8);
    if (std::string_view(collection_).substr(0, signature.size()) != signature || collection_[4] != 1)
      fail("damaged: texts where there are none");
    // Collections lie side by side: all of them together are no more than the file.
    if (size < header_bytes || size > bytes_ - begin || size > left_)
      fail("damaged: texts that claim more than the file");
    left_ -= size;
    read(begin, size);
    std::map<std::uint32_t, std::uint64_t> found;
    for (std::uint64_t at = header_bytes; size - at >= header_bytes;) {
      const auto number = number_at<std::uint16_t>(at);
      if (!found.emplace(number, number_at<std::uint64_t>(at + 8)).second && number != 0)
        fail("damaged: two texts of one number");
      at += object_bytes(at, size - at);
    }
    for (const auto& [number, length] : texts) {
      const auto text = found.find(number);
      if (number == 0 || text == found.end() || text->second != length)
        fail("damaged: a text that is not where it should be");
    }
  }

private:
  [[noreturn]] void fail(const std::string& problem) const { throw DataError(what_ + ": " + problem); }

  /// Of one object with its header; the free space of a collection is the object of number 0.
  [[nodiscard]] std::uint64_t object_bytes(std::uint64_t at, std::uint64_t left) const {
    const auto length = number_at<std::uint64_t>(at + 8);
    const std::uint64_t bytes = number_at<std::uint16_t>(at) == 0 ? length
                                : length > left                   ? length
                                                                  : header_bytes + (length + 7) / 8 * 8;
    if (bytes < header_bytes || bytes > left) fail("damaged: a text larger than the place where it lies");
    return bytes;
  }
  void read(std::uint64_t offset, std::uint64_t bytes) {
    collection_.resize(bytes);
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(collection_.data(), static_cast<std::streamsize>(bytes));
    if (!file_) fail("texts outside of the file");
  }
  template <class Number>
  [[nodiscard]] Number number_at(std::uint64_t offset) const {
    Number number{};
    std::memcpy(&number, collection_.data() + offset, sizeof number);
    return number;
  }

  std::ifstream file_;
  const std::string& what_;
  std::uint64_t base_;
  std::uint64_t bytes_ = 0;
  std::uint64_t left_ = 0;
  std::string collection_;
};

}  // namespace

void check_heaps(const Handle& object, const HeapTexts& texts, const std::string& what) {
  if (texts.empty() || is_written(object, what)) return;
  HeapWalk walk(raw_place(object, what), what);
  for (const auto& [address, numbers] : texts)
    walk.check_collection(address, numbers);
}

}  // namespace cplae::h5
