// A results.h5 of a run folder, as verify looks at it and as export reads it.
#include <algorithm>
#include <filesystem>

#include "cplae/store/read_results.hpp"
#include "cplae/store/verify.hpp"
#include "target.hpp"

namespace {

namespace store = cplae::store;

void read_all(const store::RunFolder& folder) {
  const store::ResultsReader results(folder.results());
  static_cast<void>(results.data_sha256());
  for (const auto& modality : results.study().base.modalities) {
    static_cast<void>(results.features(modality.name));
    static_cast<void>(results.scaling(modality.name));
  }
  // Many networks are many reads of one kind.
  constexpr std::size_t enough = 4;
  const auto& networks = results.plan().networks;
  for (std::size_t i = 0; i < std::min(enough, networks.size()); ++i) {
    static_cast<void>(results.replicates(results.plan().variants.at(networks[i].variant.index()).id));
    for (const auto& modality : results.study().base.modalities)
      static_cast<void>(results.latents(networks[i], modality.name));
    static_cast<void>(results.split(networks[i]));
    static_cast<void>(results.weights(networks[i]));
    static_cast<void>(results.losses(networks[i]));
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cplae::fuzz::MemoryFile file({data, size}, "results.h5");
  const store::RunFolder folder(file.path().parent_path());
  cplae::fuzz::expect_result_or_refusal([&] {
    const auto found = inspect_results(folder, "");
    for (const auto& line : found.damaged)
      cplae::fuzz::require(line.find('\n') == std::string::npos, line.c_str());
  });
  cplae::fuzz::expect_result_or_refusal(
      [&] { static_cast<void>(store::first_difference(folder.results(), folder.results())); });
  cplae::fuzz::expect_result_or_refusal([&] { read_all(folder); });
  return 0;
}
