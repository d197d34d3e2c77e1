// Networks that are taught types beside their modalities.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "cplae/core/error.hpp"
#include "cplae/study/supervision.hpp"
#include "trainer_fixture.hpp"

namespace cplae::test {
namespace {

/// Two types by the place on the curve, of which every seventh cell has none.
data::Modality make_types(const study::StudyData& data) {
  const auto& values = data.modalities.front().values;
  data::Modality types{
      study::types_name, {"leaf=a", "leaf=b"}, MatrixF::Constant(values.rows(), 2, missing), {}};
  for (Eigen::Index cell = 0; cell < values.rows(); ++cell) {
    types.present.push_back(cell % 7 != 0 ? 1 : 0);
    if (cell % 7 == 0) continue;
    const bool is_first = values(cell, 1) > 1;
    types.values.row(cell) << (is_first ? 2.0F : 0.0F), (is_first ? 0.0F : 2.0F);
  }
  return types;
}

class TaughtTrainerTest : public TrainerTest {
protected:
  void SetUp() override {
    TrainerTest::SetUp();
    data_.types = make_types(data_);
    spec_.training.supervision = 2;
  }

  train::Result teach(const std::string& id, const train::Hooks& hooks = {},
                      const std::filesystem::path& checkpoint = {}) {
    const study::NetworkSpec taught = study::taught(spec_, data_);
    return train_alone({taught, data_, split_, make_key(7, id), id, checkpoint, "ours"}, hooks);
  }
};

TEST_P(TaughtTrainerTest, TheResultIsOfTheMeasuredModalities) {
  const auto result = teach("taught");
  const auto layout = model::make_layout(spec_, {12, 7});
  EXPECT_EQ(result.weights.parameters.size(), layout.parameter_floats);
  EXPECT_EQ(result.weights.moving.size(), layout.moving_floats);
  ASSERT_EQ(result.latents.size(), 2U);
  const auto names = train::loss_names(spec_);
  ASSERT_EQ(result.losses.cols(), static_cast<Eigen::Index>(names.size()));
  const auto value = [&](const std::string& name) {
    return result.losses(2, std::find(names.begin(), names.end(), name) - names.begin());
  };
  EXPECT_EQ(value("step"), 150.0F);
  EXPECT_NEAR(value("validation_total"),
              value("validation_mse_T") + value("validation_mse_E") + value("validation_coupling_T_E"), 1e-5);
  // Its weights make its latents, as those of a network that has never had a third modality.
  const auto make = [&](const std::vector<engine::Subject>& subjects) {
    return engine::make_engine(engine::choose_kind(spec_, {}), subjects, {});
  };
  const auto engine = make({{spec_, data_, split_, make_key(7, "other")}});
  const auto latents = engine->latents(0, result.weights);
  for (std::size_t m = 0; m < 2; ++m)
    EXPECT_TRUE((latents[m].array() == result.latents[m].array() ||
                 (latents[m].array().isNaN() && result.latents[m].array().isNaN()))
                    .all());
}

TEST_P(TaughtTrainerTest, LearnsFromTheTypesOfTrainingCellsAlone) {
  const auto first = teach("told");
  EXPECT_NE(first.weights.parameters, train("told").weights.parameters);
  // Held-out cells get any types, or have none, or all.
  auto& types = *data_.types;
  for (std::size_t cell = 0; cell < cells; cell += 5) {
    types.present[cell] = cell % 2 == 0 ? 1 : 0;
    types.values.row(static_cast<Eigen::Index>(cell)).setConstant(cell % 2 == 0 ? 50.0F : missing);
  }
  expect_same(first, teach("told"));
  types.values.row(1).setConstant(1.0F);  // a training cell
  EXPECT_NE(first.weights.parameters, teach("told").weights.parameters);
}

TEST_P(TaughtTrainerTest, StoppedAndResumedGivesTheSameBits) {
  const auto whole = teach("resume");
  const auto checkpoint = folder_ / "taught";
  int asked = 0;
  EXPECT_THROW(static_cast<void>(
                   teach("resume", {.stop = [&] { return asked++ == 137; }, .progress = {}}, checkpoint)),
               Stopped);
  ASSERT_TRUE(std::filesystem::exists(checkpoint));
  expect_same(whole, teach("resume", {}, checkpoint));
}

INSTANTIATE_TEST_SUITE_P(Trainers, TaughtTrainerTest,
                         testing::Values(study::Trainer::fused, study::Trainer::reference),
                         [](const auto& which) {
                           return which.param == study::Trainer::fused ? "fused" : "reference";
                         });

}  // namespace
}  // namespace cplae::test
