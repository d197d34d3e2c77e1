#pragma once
#include "h5/h5.hpp"

namespace cplae::h5 {

/// A dataset or an attribute that holds texts.
struct TextSource {
  const Handle& owner;  ///< what the memory of the texts is charged to
  const Handle& type;   ///< of the file, of class string
  const Handle& space;  ///< of all its elements
  std::function<herr_t(hid_t memory_type, void* out)> fetch;
  std::string what;  ///< for messages
};

/// All its texts, of fixed or variable length. Throws DataError when they are too many or too long, before
/// memory is taken for them.
[[nodiscard]] std::vector<std::string> fetch_texts(const TextSource& source);

}  // namespace cplae::h5
