// Steps of the fused engine take no memory: whatever asks the C library for some is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>

#include "engine/fused/fused_engine.hpp"
#include "network_cases.hpp"

namespace {

std::atomic<bool> is_counting = false;
std::atomic<long> requests = 0;

void note() {
  if (is_counting) ++requests;
}

}  // namespace

// In the place of the C library's own, which these call: operator new, Eigen and all else come here.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier)
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
// NOLINTEND(bugprone-reserved-identifier)

void* malloc(std::size_t bytes) {
  note();
  return __libc_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) {
  note();
  return __libc_calloc(count, bytes);
}

void* realloc(void* memory, std::size_t bytes) {
  note();
  return __libc_realloc(memory, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  note();
  return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  note();
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? 12 : 0;
}
}

namespace cplae {
namespace {

template <class Work>
long requests_of(const Work& work) {
  requests = 0;
  is_counting = true;
  work();
  is_counting = false;
  return requests;
}

TEST(Counting, SeesWhatIsTaken) {
  std::unique_ptr<std::vector<int>> made;
  EXPECT_EQ(requests_of([&] { made = std::make_unique<std::vector<int>>(100); }), 2);
  Eigen::MatrixXd matrix;
  EXPECT_EQ(requests_of([&] { matrix = Eigen::MatrixXd::Zero(9, 9); }), 1);
  EXPECT_EQ(matrix.sum() + made->front(), 0);
}

class Memory : public NetworkCase {};

// The first steps may still make room: batches of partial data differ in their rows.
TEST_P(Memory, IsNotTakenInAStep) {
  const auto engine = engine::make_fused_engine(subject_);
  engine->advance(0, 20);
  EXPECT_EQ(requests_of([&] { engine->advance(20, 60); }), 0);
}

INSTANTIATE_TEST_SUITE_P(Networks, Memory, testing::ValuesIn(network_cases()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace cplae
