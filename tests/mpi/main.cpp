// main() of the MPI tests. After every test the ranks agree on its result: a failure on any rank fails rank 0
// too, which prints the report, so that none is lost whatever launcher is used.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cplae/core/log.hpp"
#include "world.hpp"

namespace {

const cplae::dist::Communicator* all_ranks = nullptr;

std::string failures_of(const testing::TestResult& result) {
  std::string text;
  for (int i = 0; i < result.total_part_count(); ++i) {
    const testing::TestPartResult& part = result.GetTestPartResult(i);
    if (!part.failed()) continue;
    const std::string file = part.file_name() != nullptr ? part.file_name() : "";
    text += file + ":" + std::to_string(part.line_number()) + ": " + part.message() + "\n";
  }
  return text;
}

/// Appended after the printer of rank 0, so that it is called before it at a test's end.
class AgreeOnResult : public testing::EmptyTestEventListener {
public:
  void OnTestEnd(const testing::TestInfo& info) override {
    const auto& world = cplae::test::world();
    const bool failed = info.result()->Failed();
    if (failed && !world.is_root())
      std::fprintf(stderr, "[rank %d] %s.%s:\n%s", world.rank(), info.test_suite_name(), info.name(),
                   failures_of(*info.result()).c_str());
    const auto others = world.sum(failed && !world.is_root() ? 1 : 0);
    if (world.is_root() && others > 0) ADD_FAILURE() << others << " other ranks failed";
  }
};

}  // namespace

const cplae::dist::Communicator& cplae::test::world() {
  return *all_ranks;
}

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const cplae::dist::Session session(&argc, &argv);
  const cplae::dist::Communicator world = session.world();
  all_ranks = &world;
  cplae::log::set_rank(world.rank(), world.size());
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (!world.is_root()) delete listeners.Release(listeners.default_result_printer());
  listeners.Append(std::make_unique<AgreeOnResult>().release());
  return RUN_ALL_TESTS();
}
