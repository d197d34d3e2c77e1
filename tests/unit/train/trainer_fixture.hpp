#pragma once
// A small study to train, and what is asked of every trainer.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>

#include "cplae/train/trainer.hpp"

namespace cplae::test {

inline constexpr float missing = std::numeric_limits<float>::quiet_NaN();

/// Cells on a curve in the plane, seen by two modalities; `lacking` cells have no second modality.
inline study::StudyData make_data(std::size_t cells, std::size_t lacking) {
  const RandomStream stream(make_key(1, "test data"), {.purpose = Purpose::simulation});
  study::StudyData data;
  std::uint64_t element = 0;
  for (const auto& [name, features] : {std::pair<std::string, Eigen::Index>{"T", 12}, {"E", 7}}) {
    data::Modality modality{name, {}, MatrixF(static_cast<Eigen::Index>(cells), features), {}};
    for (std::size_t cell = 0; cell < cells; ++cell) {
      const bool present = name == "T" || cell >= lacking;
      modality.present.push_back(present ? 1 : 0);
      const double where = stream.uniform_double(cell) * 6.0;
      for (Eigen::Index f = 0; f < features; ++f) {
        const auto noise = static_cast<float>(stream.uniform(1000 + element++)) * 0.1F;
        const auto value = static_cast<float>(1.0 + std::sin(where + 0.7 * static_cast<double>(f))) + noise;
        modality.values(static_cast<Eigen::Index>(cell), f) = present ? value : missing;
      }
    }
    modality.values(static_cast<Eigen::Index>(cells - 1), 0) = missing;
    for (Eigen::Index f = 0; f < features; ++f)
      modality.features.push_back(name + std::to_string(f));
    data.modalities.push_back(std::move(modality));
    data.scaling.push_back({std::vector<double>(static_cast<std::size_t>(features), 0.0),
                            std::vector<double>(static_cast<std::size_t>(features), 1.0)});
  }
  return data;
}

inline study::NetworkSpec make_spec() {
  study::NetworkSpec spec;
  spec.modalities = {
      {.name = "T", .hidden = {10, 10}, .dropout = 0.2, .output = study::Output::relu},
      {.name = "E", .hidden = {8, 8}, .dropout = 0.1, .noise_sd = 0.05, .decoder_dropout = 0.1}};
  spec.training = {.latent_dim = 2, .batch = 40, .steps = 300, .validate_every = 50, .keep_best_after = 100};
  return spec;
}

inline train::Result train_alone(const train::Task& task, const train::Hooks& hooks = {}) {
  train::Result result;
  train::Hooks with_result = hooks;
  with_result.finished = [&](std::size_t, train::Result found) { result = std::move(found); };
  const auto make = [&](const std::vector<engine::Subject>& subjects) {
    return engine::make_engine(engine::choose_kind(task.spec, {}), subjects, {});
  };
  train::train_together(make, {task}, with_result);
  return result;
}

class TrainerTest : public testing::TestWithParam<study::Trainer> {
protected:
  void SetUp() override {
    spec_.training.trainer = GetParam();
    folder_ = std::filesystem::temp_directory_path() / ("cplae_trainer_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    for (std::size_t cell = 0; cell < cells; ++cell)
      split_.push_back(cell % 5 == 0 ? data::Role::validation : data::Role::train);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  train::Result train(const std::string& id, const train::Hooks& hooks = {},
                      const std::filesystem::path& checkpoint = {}, const std::string& identity = "ours") {
    const train::Task task{spec_, data_, split_, make_key(7, id), id, checkpoint, identity};
    return train_alone(task, hooks);
  }

  static constexpr std::size_t cells = 200;
  study::NetworkSpec spec_ = make_spec();
  study::StudyData data_ = make_data(cells, 30);
  data::Split split_;
  std::filesystem::path folder_;
};

inline void expect_same(const train::Result& a, const train::Result& b) {
  EXPECT_EQ(a.weights.parameters, b.weights.parameters);
  EXPECT_EQ(a.weights.moving, b.weights.moving);
  EXPECT_EQ(a.best_step, b.best_step);
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_EQ(a.finite, b.finite);
  for (std::size_t m = 0; m < a.latents.size(); ++m)
    EXPECT_TRUE((a.latents[m].array() == b.latents[m].array() ||
                 (a.latents[m].array().isNaN() && b.latents[m].array().isNaN()))
                    .all());
  ASSERT_EQ(a.losses.rows(), b.losses.rows());
  EXPECT_TRUE(a.losses == b.losses);
}

}  // namespace cplae::test
