#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/study/networks.hpp"
#include "cplae/study/parse.hpp"
#include "studies.hpp"

namespace cplae::study {
namespace {

using test::edited;
using test::small_study;

Study varied(const std::string& vary) {
  return parse_study(edited("vary.\"coupling.lambda\" = [0, 0.5]", vary), "s.toml");
}

std::map<std::string, NetworkKey> keys_by_id(const Plan& plan) {
  std::map<std::string, NetworkKey> keys;
  for (const auto& network : plan.networks)
    keys[network.id] = network.key;
  return keys;
}

TEST(ShortName, IsTheKeyWithItsModality) {
  EXPECT_EQ(short_name("coupling.lambda"), "lambda");
  EXPECT_EQ(short_name("training.latent_dim"), "latent_dim");
  EXPECT_EQ(short_name("modality.E.alpha"), "alpha_E");
  EXPECT_EQ(short_name("modality.E.1.noise_sd"), "noise_sd_E.1");
}

TEST(MakePlan, IsEveryReplicateOfEveryVariant) {
  const Plan plan = make_plan(parse_study(small_study(), "s.toml"));
  ASSERT_EQ(plan.variants.size(), 3U);
  EXPECT_EQ(plan.variants[0].id, "cv,lambda=0");
  EXPECT_EQ(plan.variants[1].id, "cv,lambda=0.5");
  EXPECT_EQ(plan.variants[2].id, "consensus");
  EXPECT_EQ(plan.variants[1].spec.coupling.lambda, 0.5);
  EXPECT_EQ(plan.variants[2].spec.coupling.lambda, 1.0);
  ASSERT_EQ(plan.networks.size(), 4U + 4U + 3U);
  EXPECT_EQ(plan.networks[5].id, "cv,lambda=0.5,fold=1");
  EXPECT_EQ(plan.networks[10].id, "consensus,init=2");
  for (std::size_t n = 0; n < plan.networks.size(); ++n)
    EXPECT_EQ(plan.networks[n].index.index(), n);
  EXPECT_EQ(plan.networks[5].variant, VariantIndex(1));
  EXPECT_EQ(plan.networks[5].replicate, 1);
}

TEST(MakePlan, CombinesAllValues) {
  const Study study = varied(
      "vary = {\"training.latent_dim\" = [3, 5], \"modality.E.alpha\" = [0.5, 1.0, 2], \"coupling.scale\" = "
      "[\"none\"], "
      "coupling.augment_decoders = [true, false]}");
  const Plan plan = make_plan(study);
  ASSERT_EQ(plan.variants.size(), 2U * 3U * 2U + 1U);
  EXPECT_EQ(plan.variants[0].id, "cv,augment_decoders=true,scale=none,alpha_E=0.5,latent_dim=3");
  EXPECT_EQ(plan.variants[1].id, "cv,augment_decoders=true,scale=none,alpha_E=0.5,latent_dim=5");
  const Variant& last = plan.variants[11];
  EXPECT_EQ(last.id, "cv,augment_decoders=false,scale=none,alpha_E=2,latent_dim=5");
  EXPECT_FALSE(last.spec.coupling.augment_decoders);
  EXPECT_EQ(last.spec.coupling.scale, CouplingScale::none);
  EXPECT_EQ(last.spec.modalities[1].alpha, 2.0);
  EXPECT_EQ(last.spec.modalities[0].alpha, 1.0);
  EXPECT_EQ(last.spec.training.latent_dim, 5);
  const std::vector<std::pair<std::string, std::string>> settings{
      {"augment_decoders", "false"}, {"scale", "none"}, {"alpha_E", "2"}, {"latent_dim", "5"}};
  EXPECT_EQ(last.settings, settings);
}

TEST(MakePlan, NamesDependOnContentAndNotOnOrder) {
  const Study study = varied("vary = {\"coupling.lambda\" = [0, 1], \"modality.E.alpha\" = [1, 2]}");
  Study shuffled = study;
  std::reverse(shuffled.experiments.begin(), shuffled.experiments.end());
  for (auto& experiment : shuffled.experiments) {
    std::reverse(experiment.vary.begin(), experiment.vary.end());
    for (auto& key : experiment.vary)
      std::reverse(key.values.begin(), key.values.end());
  }
  EXPECT_EQ(keys_by_id(make_plan(study)), keys_by_id(make_plan(shuffled)));
}

TEST(MakePlan, KeysOfNetworksDifferAndFollowTheSeed) {
  Study study = varied("vary.\"coupling.lambda\" = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]");
  std::set<NetworkKey> keys;
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    study.seed = seed;
    for (const auto& network : make_plan(study).networks)
      keys.insert(network.key);
  }
  EXPECT_EQ(keys.size(), 3U * (11U * 4U + 3U));
}

TEST(MakePlan, RefusesWhatIsNotAllowedInStudiesMadeByPrograms) {
  const auto message = [](const VaryKey& key) {
    Study study = parse_study(small_study(), "s.toml");
    study.experiments[0].vary = {key};
    try {
      static_cast<void>(make_plan(study));
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message({"coupling.lambda", {std::int64_t{1}, 2.5}}), "");
  EXPECT_EQ(message({"coupling.lambda", {std::int64_t{1}, 1.0}}),
            "experiment.cv.vary.\"coupling.lambda\": found 1 twice, expected different values");
  EXPECT_EQ(message({"coupling.lambda", {std::string("x")}}),
            "experiment.cv.vary.\"coupling.lambda\": found \"x\", expected a number in [0, 1000000]");
  EXPECT_EQ(message({"coupling.lambda", {}}),
            "experiment.cv.vary.\"coupling.lambda\": found [], expected a list of values");
  EXPECT_EQ(message({"training.stepps", {1.0}}),
            "experiment.cv.vary.\"training.stepps\": unknown key; did you mean training.steps?");
  EXPECT_EQ(
      message({"modality.E.name", {std::string("x")}}),
      "experiment.cv.vary.\"modality.E.name\": cannot vary: it is the same for all networks of a study");
}

TEST(MakePlan, RefusesIdsTooLongForFiles) {
  Study study = parse_study(small_study(), "s.toml");
  study.base.modalities[0].name = std::string(64, 'a');
  const std::string prefix = "modality." + study.base.modalities[0].name;
  study.experiments[0].vary = {
      {prefix + ".alpha", {1.0}}, {prefix + ".dropout", {0.1}}, {prefix + ".noise_sd", {0.1}}};
  EXPECT_THROW(static_cast<void>(make_plan(study)), UsageError);
  study.experiments[0].vary.pop_back();
  EXPECT_EQ(make_plan(study).variants.size(), 2U);
}

TEST(SplitOf, IsSharedByTheVariantsOfAnExperiment) {
  const Study study = parse_study(small_study(), "s.toml");
  const Plan plan = make_plan(study);
  std::vector<std::string> labels;
  for (int i = 0; i < 60; ++i)
    labels.push_back(i % 3 == 0 ? "a" : "b");
  std::map<std::pair<std::size_t, std::int64_t>, data::Split> seen;
  for (const auto& network : plan.networks) {
    const auto split = split_of(study, plan, network, labels);
    const std::size_t experiment = plan.variants[network.variant.index()].experiment;
    // All initialisations share one split, folds differ.
    const std::int64_t replicate = experiment == 0 ? network.replicate : 0;
    const auto [entry, fresh] = seen.try_emplace({experiment, replicate}, split);
    EXPECT_EQ(entry->second, split) << network.id;
  }
  EXPECT_EQ(seen.size(), 5U);
  for (std::size_t cell = 0; cell < labels.size(); ++cell) {
    int validation = 0;
    for (std::int64_t fold = 0; fold < 4; ++fold)
      validation += seen.at({0, fold})[cell] == data::Role::validation ? 1 : 0;
    EXPECT_EQ(validation, 1) << "each cell is held out once";
  }
  const auto& holdout = seen.at({1, 0});
  EXPECT_EQ(std::count(holdout.begin(), holdout.end(), data::Role::test), 12);
}

TEST(SplitOf, IsSharedByExperimentsThatSayIt) {
  Study study = parse_study(small_study(), "s.toml");
  study.experiments.push_back(study.experiments[0]);
  study.experiments[2].name = "dimensions";
  study.experiments[2].vary = {{"training.latent_dim", {std::int64_t{5}}}};
  const std::vector<std::string> labels(60);
  const auto split_of_fold = [&](const std::string& id) {
    const Plan plan = make_plan(study);
    for (const auto& network : plan.networks)
      if (network.id == id) return split_of(study, plan, network, labels);
    return data::Split();
  };
  const auto owners = split_of_fold("cv,lambda=0,fold=2");
  EXPECT_NE(split_of_fold("dimensions,latent_dim=5,fold=2"), owners);
  EXPECT_EQ(reference_of(study, make_plan(study), 2), "dimensions,latent_dim=5");
  study.experiments[2].split = "cv";
  EXPECT_EQ(split_of_fold("dimensions,latent_dim=5,fold=2"), owners);
  EXPECT_EQ(split_owner(study, 2), 0U);
  EXPECT_EQ(reference_of(study, make_plan(study), 2), "cv,lambda=0.5");
  study.experiments[0].reference = "cv,lambda=0";
  EXPECT_EQ(reference_of(study, make_plan(study), 2), "cv,lambda=0");
  study.experiments[2].reference = "cv,lambda=0.5";
  EXPECT_EQ(reference_of(study, make_plan(study), 2), "cv,lambda=0.5");
}

TEST(SplitOf, FollowsSeedAndExperiment) {
  Study study = parse_study(small_study(), "s.toml");
  const std::vector<std::string> labels(60);
  const auto split = [&] {
    const Plan plan = make_plan(study);
    return split_of(study, plan, plan.networks.front(), labels);
  };
  const auto first = split();
  study.seed = 1;
  const auto other_seed = split();
  EXPECT_NE(first, other_seed);
  study.seed = 0;
  study.experiments[0].name = "vc";
  EXPECT_NE(first, split());
  EXPECT_EQ(first.size(), 60U);
}

}  // namespace
}  // namespace cplae::study
