// A table, plain or packed, as modality, transposed, and as obs of itself. The first byte chooses.
#include "cplae/data/import.hpp"
#include "target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const cplae::fuzz::MemoryFile file({data + 1, size - 1});
  const bool is_transposed = (data[0] & 1U) != 0;
  cplae::data::CsvTables tables;
  tables.modalities.push_back({.modality = "T", .path = file.path(), .transposed = is_transposed});
  if ((data[0] & 2U) != 0) tables.obs = file.path();
  cplae::fuzz::expect_result_or_refusal([&] { static_cast<void>(cplae::data::read_csv(tables)); });
  return 0;
}
