// Trainers as a whole, whatever makes the steps.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/record.hpp"
#include "trainer_fixture.hpp"

namespace cplae::test {
namespace {

TEST_P(TrainerTest, LearnsWhatThereIsToLearn) {
  const auto names = train::loss_names(spec_);
  const auto result = train("learns");
  ASSERT_TRUE(result.finite);
  ASSERT_EQ(result.losses.rows(), 6);
  ASSERT_EQ(result.losses.cols(), static_cast<Eigen::Index>(names.size()));
  const auto column = std::find(names.begin(), names.end(), "validation_total") - names.begin();
  // The curve has one dimension and the latent two: most of the variance (1/2 a feature) must be explained.
  EXPECT_LT(result.losses(5, column), 0.6F * result.losses(0, column));
}

TEST_P(TrainerTest, SameKeySameBitsOtherKeyOtherBits) {
  const auto first = train("a");
  expect_same(first, train("a"));
  EXPECT_NE(first.weights.parameters, train("b").weights.parameters);
}

TEST_P(TrainerTest, StoppedAnywhereAndResumedGivesTheSameBits) {
  const auto whole = train("resume");
  // Before and after a validation, before and after the first network that may be kept, at the last step.
  for (const int stop_after : {1, 49, 50, 51, 100, 137, 299}) {
    const auto checkpoint = folder_ / ("ckpt" + std::to_string(stop_after));
    int asked = 0;
    EXPECT_THROW(static_cast<void>(train(
                     "resume", {.stop = [&] { return asked++ == stop_after; }, .progress = {}}, checkpoint)),
                 Stopped);
    ASSERT_TRUE(std::filesystem::exists(checkpoint));
    expect_same(whole, train("resume", {}, checkpoint));
  }
}

TEST_P(TrainerTest, ACheckpointOfAnotherRunIsNotGoneOnWith) {
  const auto checkpoint = folder_ / "stale";
  const auto whole = train("stale");
  const double dropout = std::exchange(spec_.modalities[0].dropout, 0.4);
  int asked = 0;
  EXPECT_THROW(static_cast<void>(train("stale", {.stop = [&] { return asked++ == 137; }, .progress = {}},
                                       checkpoint, "theirs")),
               Stopped);
  spec_.modalities[0].dropout = dropout;
  testing::internal::CaptureStderr();
  expect_same(whole, train("stale", {}, checkpoint));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("stale: is not a checkpoint of network stale of this run"), std::string::npos) << text;
}

TEST_P(TrainerTest, ACheckpointThatNoTrainingMakesIsLeftOut) {
  const auto checkpoint = folder_ / "forged";
  const auto whole = train("forged");
  int asked = 0;
  const train::Hooks stopping{.stop = [&] { return asked++ == 137; }, .progress = {}};
  EXPECT_THROW(static_cast<void>(train("forged", stopping, checkpoint)), Stopped);
  const Record honest = read_record(checkpoint, "checkpoint").value();
  const auto step = std::get<std::vector<std::int64_t>>(honest.arrays.at("steps").values)[0];
  using Steps = std::vector<std::int64_t>;
  for (const Steps& steps :
       {Steps{301, 0}, Steps{-1, 0}, Steps{step, step + 1}, Steps{step, -1}, Steps{300, 0}}) {
    Record forged = honest;
    forged.arrays["steps"] = {.shape = {2}, .values = steps};
    write_record(checkpoint, forged);
    testing::internal::CaptureStderr();
    expect_same(whole, train("forged", {}, checkpoint));
    EXPECT_NE(testing::internal::GetCapturedStderr().find("the network starts anew"), std::string::npos);
  }
}

TEST_P(TrainerTest, KeepsTheBestAfterTheGivenStepOrTheLast) {
  const auto names = train::loss_names(spec_);
  const auto column = std::find(names.begin(), names.end(), "validation_total") - names.begin();
  const auto result = train("best");
  Eigen::Index best = 1;
  for (Eigen::Index row = 1; row < result.losses.rows(); ++row)
    if (result.losses(row, column) < result.losses(best, column)) best = row;
  EXPECT_EQ(result.best_step, static_cast<std::int64_t>(result.losses(best, 0)));
  spec_.training.keep_best_after = 1000;
  EXPECT_EQ(train("best").best_step, 300);
}

TEST_P(TrainerTest, EndsWhenItsPatienceIsOver) {
  spec_.training.steps = 3000;
  spec_.training.learning_rate = 0.05;  // soon as good as it gets
  const auto whole = train("patience");
  spec_.training.patience = 3;
  const auto result = train("patience");
  ASSERT_LT(result.steps, 3000);
  EXPECT_EQ(result.steps, result.best_step + 3 * 50);
  EXPECT_EQ(result.losses.rows(), result.steps / 50);
  EXPECT_TRUE(result.losses == whole.losses.topRows(result.losses.rows())) << "the same way, but shorter";
  const auto names = train::loss_names(spec_);
  const auto column = std::find(names.begin(), names.end(), "validation_total") - names.begin();
  const float best = result.losses(result.best_step / 50 - 1, column);
  EXPECT_LE(best, result.losses.col(column).bottomRows(result.losses.rows() - 1).minCoeff());
}

/// The weights at each validation, as a training that ends there has them.
std::vector<std::vector<float>> at_validations(const train::Task& task, std::vector<std::int64_t> steps) {
  std::vector<std::vector<float>> found;
  study::NetworkSpec spec = task.spec;
  spec.training.average_last = 0;
  for (const std::int64_t end : steps) {
    spec.training.steps = end;
    spec.training.keep_best_after = end + 1;
    found.push_back(train_alone({spec, task.data, task.split, task.key, task.id, {}, {}}).weights.parameters);
  }
  return found;
}

TEST_P(TrainerTest, AveragesTheWeightsOfValidationsAndTrainsOnFromItsOwn) {
  spec_.training.steps = 170;
  spec_.training.average_last = 0.65;  // from step 60 on
  spec_.training.keep_best_after = 1000;
  const auto averaged = train("average");
  const train::Task task{spec_, data_, split_, make_key(7, "average"), "average", {}, {}};
  const auto weights = at_validations(task, {100, 150, 170});
  for (std::size_t i = 0; i < weights.front().size(); ++i) {
    const double mean = (double{weights[0][i]} + double{weights[1][i]} + double{weights[2][i]}) / 3;
    ASSERT_NEAR(averaged.weights.parameters[i], mean, 1e-6 * (1 + std::abs(mean)));
  }
  // Before the first average, losses are those of the plain training; from then on of other weights.
  spec_.training.average_last = 0;
  const auto plain = train("average");
  const auto columns = static_cast<Eigen::Index>(train::loss_names(spec_).size());
  EXPECT_TRUE(plain.losses.leftCols((columns + 1) / 2) == averaged.losses.leftCols((columns + 1) / 2));
  EXPECT_TRUE(plain.losses.topRows(2) == averaged.losses.topRows(2));
  EXPECT_NE(plain.losses(2, columns - 1), averaged.losses(2, columns - 1));
}

TEST_P(TrainerTest, AveragesStoppedAnywhereHaveTheSameBits) {
  spec_.training.steps = 170;
  spec_.training.average_last = 0.71;  // from step 50 on
  const auto whole = train("resume");
  for (const int stop_after : {49, 50, 51, 120, 150, 169}) {
    const auto checkpoint = folder_ / ("ckpt" + std::to_string(stop_after));
    int asked = 0;
    EXPECT_THROW(static_cast<void>(train(
                     "resume", {.stop = [&] { return asked++ == stop_after; }, .progress = {}}, checkpoint)),
                 Stopped);
    expect_same(whole, train("resume", {}, checkpoint));
  }
}

TEST_P(TrainerTest, LatentsOfAbsentCellsAreMissing) {
  const auto result = train("absent");
  EXPECT_TRUE(result.latents[1].topRows(30).array().isNaN().all());
  EXPECT_FALSE(result.latents[1].bottomRows(cells - 30).hasNaN());
  EXPECT_FALSE(result.latents[0].hasNaN());
}

TEST_P(TrainerTest, ANetworkThatTurnsNonFiniteIsFrozenNotThrown) {
  spec_.training.learning_rate = 1e30;
  const auto result = train("diverges");
  EXPECT_FALSE(result.finite);
  EXPECT_EQ(result.failed_step, 50);
  EXPECT_EQ(result.steps, 50);
  EXPECT_TRUE(result.latents[0].array().isNaN().all());
}

TEST_P(TrainerTest, AFailedNetworkLeavesNoCheckpointToTrainOnFrom) {
  spec_.training.learning_rate = 1e30;
  spec_.training.checkpoint_seconds = 0;
  const auto checkpoint = folder_ / "failed";
  const auto first = train("fails", {}, checkpoint);
  const auto again = train("fails", {}, checkpoint);
  EXPECT_FALSE(again.finite);
  EXPECT_EQ(again.failed_step, first.failed_step);
  EXPECT_EQ(again.losses.rows(), first.losses.rows());
}

TEST_P(TrainerTest, BatchesOfTooFewCellsTeachNothingAndHarmNothing) {
  // Only three training cells have the one modality: many batches of two hold no pair of them.
  data_.modalities.erase(data_.modalities.begin());
  spec_.modalities.erase(spec_.modalities.begin());
  for (std::size_t cell = 0; cell + 6 < cells; ++cell) {
    data_.modalities[0].present[cell] = 0;
    data_.modalities[0].values.row(static_cast<Eigen::Index>(cell)).setConstant(missing);
  }
  spec_.training.batch = 2;
  EXPECT_TRUE(train("few").finite);
}

TEST_P(TrainerTest, OneModalityAndThree) {
  data_.modalities.pop_back();
  spec_.modalities.pop_back();
  EXPECT_TRUE(train("one").finite);
  data_ = make_data(cells, 30);
  data_.modalities.push_back(make_data(cells, 60).modalities[1]);
  data_.modalities.back().name = "M";
  spec_ = make_spec();
  spec_.training.trainer = GetParam();
  spec_.modalities.push_back(spec_.modalities[1]);
  spec_.modalities.back().name = "M";
  const auto result = train("three");
  EXPECT_TRUE(result.finite);
  EXPECT_EQ(result.latents.size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Trainers, TrainerTest,
                         testing::Values(study::Trainer::fused, study::Trainer::reference),
                         [](const auto& which) {
                           return which.param == study::Trainer::fused ? "fused" : "reference";
                         });

// From one seed both draw the same numbers, so their curves part by rounding alone, slowly at first; over
// seeds they are samples of one distribution, and the mean of the paired differences is within a few of its
// standard errors.
TEST(Trainers, CurvesAreStatisticallyEqualOverSeeds) {
  constexpr std::size_t cells = 200;
  const auto data = make_data(cells, 30);
  data::Split split;
  for (std::size_t cell = 0; cell < cells; ++cell)
    split.push_back(cell % 5 == 0 ? data::Role::validation : data::Role::train);
  auto spec = make_spec();
  const auto names = train::loss_names(spec);
  const auto column = std::find(names.begin(), names.end(), "validation_total") - names.begin();
  const auto curve = [&](study::Trainer trainer, std::uint64_t seed) {
    spec.training.trainer = trainer;
    const train::Task task{spec, data, split, make_key(seed, "curve"), "curve", {}};
    return Eigen::VectorXd(train_alone(task).losses.col(column).cast<double>());
  };
  constexpr std::uint64_t seeds = 12;
  Eigen::MatrixXd differences(seeds, 6);
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(6);
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Eigen::VectorXd reference = curve(study::Trainer::reference, seed);
    differences.row(static_cast<Eigen::Index>(seed)) = curve(study::Trainer::fused, seed) - reference;
    mean += reference / static_cast<double>(seeds);
  }
  for (Eigen::Index at = 0; at < 6; ++at) {
    const double average = differences.col(at).mean();
    const double spread = (differences.col(at).array() - average).matrix().norm() / std::sqrt(seeds - 1.0);
    EXPECT_LE(std::abs(average), 4 * spread / std::sqrt(static_cast<double>(seeds)) + 1e-5 * mean[at])
        << "validation " << at;
    EXPECT_LE(std::abs(average), 0.03 * mean[at]) << "validation " << at;
  }
}

}  // namespace
}  // namespace cplae::test
