#pragma once
#include <algorithm>
#include <string>

namespace cplae::data {

/// A name from a file as a message shows it: a message is one line, whatever the name holds.
[[nodiscard]] inline std::string in_one_line(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return name;
}

}  // namespace cplae::data
