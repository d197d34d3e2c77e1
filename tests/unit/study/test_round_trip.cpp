#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/study/parse.hpp"
#include "studies.hpp"

namespace cplae::study {
namespace {

using test::small_study;

/// Random studies that obey every rule.
class StudyMaker {
public:
  explicit StudyMaker(unsigned seed) : engine_(seed) {}

  Study make() {
    Study study;
    study.name = text();
    study.seed = static_cast<std::uint64_t>(whole(0, 9223372036854775807));
    for (std::int64_t m = whole(1, 4); m > 0; --m)
      study.base.modalities.push_back(modality(m));
    study.base.coupling = {.lambda = number(0, 5),
                           .scale = choice<CouplingScale>(4),
                           .augment_decoders = flip(),
                           .augment_encoders = flip()};
    study.base.training.latent_dim = whole(1, 20);
    study.base.training.batch = whole(22, 500);
    study.base.training.steps = whole(500, 1000000);
    study.base.training.learning_rate = number(1e-9, 10);
    study.base.training.validate_every = whole(1, 500);
    study.base.training.keep_best_after = whole(0, 2000000);
    study.base.training.checkpoint_seconds = number(0, 100);
    if (flip()) study.labels = {.column = "l" + text(), .taxonomy = "t" + text(), .also = {text(), text()}};
    for (std::int64_t e = whole(1, 3); e > 0; --e)
      study.experiments.push_back(experiment(study, e));
    return study;
  }

private:
  std::int64_t whole(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
  }
  bool flip() { return whole(0, 1) == 1; }
  template <class Enum>
  Enum choice(std::int64_t count) {
    return static_cast<Enum>(whole(0, count - 1));
  }
  /// Sometimes a round number: 1 must come back as the number that it was.
  double number(double low, double high) {
    const double value = std::uniform_real_distribution<double>(low, high)(engine_);
    return flip() ? value : std::clamp(std::floor(value), low, high);
  }
  double share() { return std::uniform_real_distribution<double>(0.01, 0.99)(engine_); }
  /// Every ASCII character, and two that are none.
  std::string text() {
    std::string out;
    for (std::int64_t i = whole(0, 12); i > 0; --i)
      out += static_cast<char>(whole(1, 127));
    return flip() ? out + "\u00e9\u4e2d" : out;
  }

  ModalitySpec modality(std::int64_t number_of_it) {
    ModalitySpec m;
    m.name = "m." + std::to_string(number_of_it);
    m.transform = choice<data::Transform>(3);
    m.hidden.clear();
    for (std::int64_t i = whole(0, 4); i > 0; --i)
      m.hidden.push_back(whole(1, 100));
    m.dropout = share();
    m.noise_sd = number(0, 2);
    m.decoder_dropout = flip() ? 0.0 : share();
    m.output = choice<Output>(2);
    m.alpha = number(0, 10);
    return m;
  }

  ExperimentSpec experiment(const Study& study, std::int64_t number_of_it) {
    ExperimentSpec e;
    e.name = "e-" + std::to_string(number_of_it);
    e.kind = choice<ExperimentKind>(3);
    const bool folded = e.kind == ExperimentKind::kfold;
    if (folded) {
      e.folds = whole(2, 50);
      e.rare_classes = choice<RareClasses>(2);
      if (flip() && study.base.modalities.size() > 1) e.pc_cca = {{20, 30}, {40, whole(20, 50)}};
      if (flip() && study.base.modalities.size() > 1) e.baselines = {"reduced_rank", "mean"};
    } else {
      e.initialisations = whole(1, 30);
      e.test_fraction = share();
    }
    if (!study.labels.taxonomy.empty()) e.classes = {whole(2, 9), whole(10, 60)};
    if (flip()) e.components = {whole(1, 10), whole(10, 40)};
    e.starts = whole(1, 100);
    if (flip()) e.vary.push_back({"coupling.augment_decoders", {true, false}});
    if (flip()) e.vary.push_back({"coupling.lambda", {0.0, share(), 1.0 + share(), 1e-7}});
    if (flip()) e.vary.push_back({"coupling.scale", {std::string("none"), std::string("norm")}});
    if (flip()) e.vary.push_back({"modality.m.1.alpha", {1.0, share()}});
    if (flip()) e.vary.push_back({"training.latent_dim", {std::int64_t{3}, whole(4, 20)}});
    return e;
  }

  std::mt19937 engine_;
};

TEST(ToToml, IsReadBackAsTheSameStudy) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Study study = StudyMaker(seed).make();
    const std::string text = to_toml(study);
    const Study again = parse_study(text, "text");
    EXPECT_EQ(again, study) << text;
    EXPECT_EQ(to_toml(again), text);
    EXPECT_EQ(first_difference(study, again), "");
  }
}

TEST(ToToml, WritesEveryDefaultOfTheKind) {
  const std::string text = to_toml(parse_study(small_study(), "s.toml"));
  EXPECT_NE(text.find("keep_best_after = 10000\n"), std::string::npos);
  EXPECT_NE(text.find("vary.\"coupling.lambda\" = [0, 0.5]\n"), std::string::npos);
  EXPECT_NE(text.find("learning_rate = 0.001\n"), std::string::npos);
  EXPECT_EQ(text.find("folds"), text.rfind("folds")) << "of the k-fold experiment only";
}

TEST(ToToml, IsTheSameForEveryWayToWriteAStudy) {
  const std::string other = R"(labels = {taxonomy = 'data', column = '''leaf'''}
training.steps = 1_000
coupling.lambda = 1.000
study = {name = "sma\u006Cl", seed = 0x0}
[[modality]]
dropout = 5e-1
name = "T"
[[modality]]
name = "E"
alpha = 2.0
[[experiment]]
vary.coupling.lambda = [-0.0, 0.50]
name = "cv"
folds = 4
[[experiment]]
initialisations = 3
kind = "repeats"
name = "consensus"
)";
  EXPECT_EQ(to_toml(parse_study(other, "o.toml")), to_toml(parse_study(small_study(), "s.toml")));
}

struct Difference {
  std::vector<std::string> here;  ///< --set of small_study()
  std::string text;
};

TEST(FirstDifference, NamesTheKeyAndBothValues) {
  const Study there = parse_study(small_study(), "s.toml");
  const std::vector<Difference> table{
      {{}, ""},
      {{"coupling.lambda=0.5"}, "coupling.lambda: 1 there, 0.5 here"},
      {{"study.seed=3", "coupling.lambda=0.5"}, "study.seed: 0 there, 3 here"},
      {{"modality.E.hidden=[4]"}, "modality.E.hidden: [50, 50, 50, 50] there, [4] here"},
      {{"modality.E.name=F"}, "modality: [T, E] there, [T, F] here"},
      {{"experiment.cv.name=vc"}, "experiment: [cv, consensus] there, [vc, consensus] here"},
      {{"experiment.cv.vary={}"}, "experiment.cv.vary.\"coupling.lambda\": [0, 0.5] there, none here"},
      {{"experiment.consensus.vary.coupling.lambda=[2]"},
       "experiment.consensus.vary.\"coupling.lambda\": none there, [2] here"},
      {{"experiment.consensus.kind=sweep"}, "experiment.consensus.kind: \"repeats\" there, \"sweep\" here"},
  };
  for (const auto& row : table)
    EXPECT_EQ(first_difference(there, parse_study(small_study(), "s.toml", row.here)), row.text);
}

TEST(ParseStudy, ReadsOrRefusesWhateverItIsGiven) {
  // Slips of one to four characters, or passages moved, all from a fixed seed.
  std::mt19937 engine(7);
  const std::string alphabet = "[]{}=.,\"'#\n\\ aE1-_:\x01\xff";
  const auto below = [&](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine);
  };
  int refused = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text = small_study();
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const std::size_t at = below(text.size());
      if (below(4) == 0)
        text.insert(at, text.substr(below(text.size()), below(40)));
      else
        text[at] = alphabet[below(alphabet.size())];
    }
    try {
      const Study study = parse_study(text, "s.toml");
      EXPECT_EQ(parse_study(to_toml(study), "text"), study) << text;
    } catch (const UsageError& error) {
      ++refused;
      EXPECT_EQ(std::string(error.what()).rfind("s.toml", 0), 0U) << error.what();
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace cplae::study
