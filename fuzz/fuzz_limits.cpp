// No reader: takes more time, or more memory, than a target may, so that a test sees replay.cpp find it.
#include <unistd.h>

#include <memory>

#include "target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t too_much = std::size_t{3} << 30U;
  if (size > 0 && data[0] == 't')
    for (;;)
      ::pause();
  if (size > 0 && data[0] == 'm') {
    const std::unique_ptr<volatile char[]> bytes(new char[too_much]);
    bytes[0] = 1;
  }
  return 0;
}
