// A study file: what is understood must read back as the same study.
#include <string>

#include "cplae/study/networks.hpp"
#include "cplae/study/parse.hpp"
#include "target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  cplae::fuzz::expect_result_or_refusal([&] {
    const auto study = cplae::study::parse_study(text, "study.toml");
    const std::string written = cplae::study::to_toml(study);
    const auto again = cplae::study::parse_study(written, "again.toml");
    cplae::fuzz::require(cplae::study::to_toml(again) == written, "a study that does not read back");
    static_cast<void>(cplae::study::make_plan(study));
  });
  return 0;
}
