// Groups on a GPU, at the paper's shape: against the reference on the CPU, over groupings, over a stop, and
// graphs against single launches.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <numeric>

#include "cplae/core/error.hpp"
#include "engine/cuda/cuda_backend.hpp"
#include "engine/cuda/group_engine.hpp"
#include "group_fixture.hpp"

namespace cplae {

namespace test {

std::unique_ptr<engine::Engine> make_tested(const std::vector<engine::Subject>& subjects,
                                            const Making& making) {
  return engine::cuda::make_group_engine(subjects, engine::cuda::make_cuda_backend({}),
                                         {.chained = making.chained});
}

}  // namespace test

namespace {

class NeedsGpu : public testing::Environment {
  void SetUp() override {
    try {
      static_cast<void>(engine::cuda::free_bytes(0));
    } catch (const Error& error) {
      GTEST_SKIP() << "no GPU here: " << error.what();
    }
  }
};

const testing::Environment* const needs_gpu = testing::AddGlobalTestEnvironment(new NeedsGpu);

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

bool same_state(const engine::State& a, const engine::State& b) {
  return same_bits(a.weights.parameters, b.weights.parameters) &&
         same_bits(a.weights.moving, b.weights.moving) && same_bits(a.first_moment, b.first_moment) &&
         same_bits(a.second_moment, b.second_moment) && same_bits(a.term_sums, b.term_sums);
}

/// 21 networks of the paper's shape on made data.
class PaperShape : public testing::Test {
protected:
  static constexpr std::size_t networks = 21;
  PaperShape() {
    shape_.features = {1252, 68};
    shape_.cells = 2700;
    shape_.missing = true;
    data_ = test::make_data(shape_);
    for (std::size_t n = 0; n < networks; ++n) {
      study::NetworkSpec spec;
      spec.modalities = {
          {.name = "A", .hidden = {50, 50, 50, 50}, .dropout = 0.5, .output = study::Output::relu},
          {.name = "B", .hidden = {40, 40, 40, 40}, .dropout = 0.5, .noise_sd = 0.1}};
      spec.coupling.lambda = 0.25 * static_cast<double>(1 + n % 4);
      specs_.push_back(spec);
      splits_.push_back(test::make_split(shape_.cells, 10, n % 10));
    }
  }
  engine::Subject subject(std::size_t n) const {
    return {specs_[n], data_, splits_[n], make_key(5, "paper " + std::to_string(n))};
  }
  std::unique_ptr<engine::Engine> group(std::size_t first, std::size_t count, bool graphs = true) const {
    std::vector<engine::Subject> subjects;
    for (std::size_t n = first; n < first + count; ++n)
      subjects.push_back(subject(n));
    return engine::cuda::make_group_engine(subjects, engine::cuda::make_cuda_backend({.graphs = graphs}));
  }

  test::Shape shape_;
  study::StudyData data_;
  std::deque<study::NetworkSpec> specs_;
  std::deque<data::Split> splits_;
};

/// Largest difference of gradients, as a share of the largest entry of the layer.
double gradient_error(engine::Engine& tested, const engine::Subject& subject) {
  auto reference = engine::make_engine(engine::Kind::reference, {subject}, {});
  const engine::State state = test::moved_state(subject);
  reference->load(0, state);
  tested.load(0, state);
  reference->advance(0, 1);
  tested.advance(0, 1);
  const auto truth = reference->save(0).first_moment;
  const auto found = tested.save(0).first_moment;
  const model::Layout layout = model::make_layout(subject.spec, {1252, 68});
  double of_layer = 0;
  double worst = 0;
  for (const auto& slot : layout.parameters) {
    double largest = 0;
    double difference = 0;
    for (std::int64_t i = 0; i < slot.rows * slot.columns; ++i) {
      const std::size_t at = slot.offset + static_cast<std::size_t>(i);
      largest = std::max(largest, std::abs(static_cast<double>(truth[at])));
      difference =
          std::max(difference, std::abs(static_cast<double>(found[at]) - static_cast<double>(truth[at])));
    }
    of_layer = slot.name.ends_with("/weight") ? largest : std::max(largest, of_layer);
    worst = std::max(worst, difference / of_layer);
  }
  return worst;
}

TEST_F(PaperShape, GradientsAreTheReferences) {
  auto tested = group(0, 1);
  // Sums of 1,252 float32 products, both sides rounded: sqrt(1252) 6e-8 = 2e-6, a few layers deep.
  const double error = gradient_error(*tested, subject(0));
  RecordProperty("fp32_gradient_error", std::to_string(error));
  EXPECT_LT(error, 2e-5);
}

TEST_F(PaperShape, TensorCoresRoundToTenBits) {
  specs_[0].training.precision = study::Precision::tf32;
  auto tested = group(0, 1);
  const double error = gradient_error(*tested, subject(0));
  RecordProperty("tf32_gradient_error", std::to_string(error));
  // 2^-11 an operand, averaged over many, through ten layers; not 0: else they were not used.
  EXPECT_LT(error, 2e-2);
  EXPECT_GT(error, 2e-5);
}

TEST_F(PaperShape, SameBitsForGroupsOf1And3And7And21) {
  constexpr std::int64_t steps = 300;
  auto all = group(0, networks);
  all->advance(0, steps);
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{7}})
    for (std::size_t first = 0; first < networks; first += 7) {
      auto part = group(first, size);
      part->advance(0, steps);
      for (std::size_t n = 0; n < size; ++n)
        EXPECT_TRUE(same_state(part->save(n), all->save(first + n))) << size << " from " << first;
    }
}

TEST_F(PaperShape, SameBitsAfterAStop) {
  auto whole = group(0, 3);
  whole->advance(0, 137);
  auto resumed = group(1, 1);
  resumed->load(0, whole->save(1));
  whole->advance(137, 400);
  resumed->advance(137, 400);
  EXPECT_TRUE(same_state(resumed->save(0), whole->save(1)));
}

TEST_F(PaperShape, GraphsMakeTheBitsOfSingleLaunches) {
  for (const std::int64_t first : {std::int64_t{0}, std::int64_t{500'000}}) {
    auto graphs = group(0, 2);
    auto launches = group(0, 2, false);
    graphs->advance(first, first + 1000);
    launches->advance(first, first + 1000);
    for (std::size_t n = 0; n < 2; ++n)
      EXPECT_TRUE(same_state(graphs->save(n), launches->save(n))) << first;
  }
}

TEST_F(PaperShape, LearnsWhileItIsWatched) {
  auto tested = group(0, networks);
  const auto before = tested->validate();
  for (std::int64_t step = 0; step < 500; step += 50)
    tested->advance(step, step + 50);
  const auto after = tested->validate();
  for (std::size_t n = 0; n < networks; ++n)
    EXPECT_LT(after[n].front(), before[n].front());
}

TEST(Memory, TooMuchIsAnErrorOfItsOwn) {
  auto backend = engine::cuda::make_cuda_backend({});
  EXPECT_THROW(static_cast<void>(backend->allocate(std::size_t{1} << 50U)), OutOfDeviceMemory);
  // The device is as good as before.
  EXPECT_NE(backend->allocate(1024), nullptr);
}

}  // namespace
}  // namespace cplae
