// The authors' MATLAB file.
#include "cplae/data/import.hpp"
#include "target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cplae::fuzz::MemoryFile file({data, size});
  cplae::fuzz::expect_result_or_refusal([&] { static_cast<void>(cplae::data::read_mat(file.path())); });
  return 0;
}
