// The provenance.json of a run folder, as status, verify and export read it and as the next session goes on
// with it: what is written must read back.
#include <string>

#include "apps/run_record.hpp"
#include "cplae/store/open_run.hpp"
#include "store/provenance.hpp"
#include "target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const cplae::store::Identity identity{
      .study_toml = "", .data_sha256 = "a", .taxonomy_sha256 = "", .trainer = "fused", .device_kind = "cpu"};
  const cplae::store::Start start{.libraries = {{"hdf5", "1"}},
                                  .command = {"cplae"},
                                  .hosts = {"node"},
                                  .ranks = 1,
                                  .devices = {"cpu"},
                                  .data_path = "/data.h5mu",
                                  .seed = 1};
  cplae::fuzz::expect_result_or_refusal(
      [&] { static_cast<void>(cplae::apps::parse_run_record(text, "provenance.json")); });
  cplae::fuzz::expect_result_or_refusal(
      [&] { static_cast<void>(cplae::store::identity_difference(text, identity)); });
  cplae::fuzz::expect_result_or_refusal(
      [&] { static_cast<void>(cplae::store::machine_difference(text, start)); });
  cplae::fuzz::expect_result_or_refusal([&] {
    if (text.empty()) return;
    const std::string next = cplae::store::provenance_text(text, identity, start);
    const auto record = cplae::apps::parse_run_record(next, "next");
    cplae::fuzz::require(record.started.size() == 20 && record.ranks == 1,
                         "a session that does not read back");
  });
  return 0;
}
