#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include <Eigen/QR>

#include "cplae/core/error.hpp"
#include "cplae/data/simulate.hpp"

namespace cplae::data {
namespace {

const Cohort& demo() {
  static const Cohort cohort = simulate(preset("demo"), 0);
  return cohort;
}

bool same_bytes(const Cohort& a, const Cohort& b) {
  if (a.dataset.modalities.size() != b.dataset.modalities.size()) return false;
  for (std::size_t m = 0; m < a.dataset.modalities.size(); ++m) {
    const MatrixF& x = a.dataset.modalities[m].values;
    const MatrixF& y = b.dataset.modalities[m].values;
    if (x.size() != y.size()) return false;
    if (std::memcmp(x.data(), y.data(), static_cast<std::size_t>(x.size()) * sizeof(float)) != 0)
      return false;
  }
  return a.dataset.column("leaf").text == b.dataset.column("leaf").text && a.latent_truth == b.latent_truth;
}

std::map<std::string, std::size_t> counted(const std::vector<std::string>& labels) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& label : labels)
    ++counts[label];
  return counts;
}

/// Share of the variance of every column of `targets` that a linear function of `inputs` explains, on
/// average.
double explained(const MatrixD& inputs, const MatrixD& targets) {
  Eigen::MatrixXd design(inputs.rows(), inputs.cols() + 1);
  design << inputs, Eigen::VectorXd::Ones(inputs.rows());
  const Eigen::MatrixXd fitted = design * design.colPivHouseholderQr().solve(Eigen::MatrixXd(targets));
  double sum = 0;
  for (Eigen::Index j = 0; j < targets.cols(); ++j) {
    const double variance = (targets.col(j).array() - targets.col(j).mean()).square().sum();
    sum += 1 - (targets.col(j) - fitted.col(j)).squaredNorm() / variance;
  }
  return sum / static_cast<double>(targets.cols());
}

MatrixD without_nan(const MatrixF& values) {
  return values.array().isNaN().select(0.0F, values).cast<double>();
}

TEST(Simulate, HasTheShapeOfItsPreset) {
  const std::map<std::string, std::array<std::size_t, 4>> shapes = {
      {"tiny", {240, 40, 12, 6}}, {"demo", {900, 200, 30, 15}}, {"paper", {3411, 1252, 68, 59}}};
  for (const auto& [name, shape] : shapes) {
    const SimulationSpec spec = preset(name);
    EXPECT_EQ(spec.cells, shape[0]);
    EXPECT_EQ(spec.counts.genes, shape[1]);
    EXPECT_EQ(spec.continuous.at(0).features, shape[2]);
    EXPECT_EQ(spec.types, shape[3]);
  }
  // What Gala et al. report missing, 273 entries; the expected number here.
  EXPECT_NEAR(preset("paper").continuous[0].missing_rate * 3411 * 68, 273, 0.5);
  const Dataset& data = demo().dataset;
  EXPECT_EQ(data.cells.size(), 900U);
  EXPECT_EQ(std::set<std::string>(data.cells.begin(), data.cells.end()).size(), 900U);
  EXPECT_EQ(data.modality("T").values.cols(), 200);
  EXPECT_EQ(data.modality("E").values.cols(), 30);
  EXPECT_EQ(counted(data.column("leaf").text).size(), 15U);
  EXPECT_EQ(counted(data.column("family").text).size(), 5U);
}

TEST(Simulate, IsAFunctionOfSpecAndSeed) {
  const SimulationSpec spec = preset("tiny", 3);
  EXPECT_TRUE(same_bytes(simulate(spec, 1), simulate(spec, 1)));
  EXPECT_FALSE(same_bytes(simulate(spec, 1), simulate(spec, 2)));
}

TEST(Simulate, FurtherModalitiesLeaveTheFirstAlone) {
  const Cohort two = simulate(preset("tiny", 2), 1);
  for (const std::size_t k : {1U, 3U, 6U}) {
    const Cohort other = simulate(preset("tiny", k), 1);
    ASSERT_EQ(other.dataset.modalities.size(), k);
    EXPECT_EQ(other.dataset.modalities[0].values, two.dataset.modalities[0].values);
    std::set<Eigen::Index> sizes;
    for (const Modality& m : other.dataset.modalities)
      sizes.insert(m.values.cols());
    EXPECT_EQ(sizes.size(), k) << "sizes tell the modalities apart";
  }
}

TEST(Simulate, AbundancesHaveALongTail) {
  std::vector<std::size_t> sizes;
  for (const auto& [label, n] : counted(demo().dataset.column("leaf").text))
    sizes.push_back(n);
  std::sort(sizes.begin(), sizes.end());
  EXPECT_GE(sizes.front(), 4U);
  EXPECT_LE(sizes.front(), 10U) << "the rule for small classes has something to do";
  EXPECT_GT(sizes.back(), 10 * sizes.front());
  EXPECT_LT(sizes[sizes.size() / 2], 900U / 15U) << "the median type is rarer than the mean";
}

TEST(Simulate, BothModalitiesHoldTheLatents) {
  // Noise alone would explain about latent_dim / cells = 0.003 of T and E, and (features) / cells = 0.22 or
  // 0.03 of the latents.
  const MatrixD t = without_nan(demo().dataset.modality("T").values);
  const MatrixD e = without_nan(demo().dataset.modality("E").values);
  EXPECT_GT(explained(demo().latent_truth, t), 0.1);
  EXPECT_GT(explained(demo().latent_truth, e), 0.1);
  EXPECT_GT(explained(t, demo().latent_truth), 0.8);
  EXPECT_GT(explained(e, demo().latent_truth), 0.4);
  EXPECT_LT(explained(e, demo().latent_truth), 0.9) << "too easy: E tells the latents";
}

TEST(Simulate, CellsLieAboutTheirType) {
  const Cohort& cohort = demo();
  std::map<std::string, Eigen::Index> row_of;
  for (std::size_t t = 0; t < cohort.type_labels.size(); ++t)
    row_of[cohort.type_labels[t]] = static_cast<Eigen::Index>(t);
  const auto& leaf = cohort.dataset.column("leaf").text;
  double squares = 0;
  for (std::size_t i = 0; i < leaf.size(); ++i) {
    squares +=
        (cohort.latent_truth.row(static_cast<Eigen::Index>(i)) - cohort.type_centres.row(row_of.at(leaf[i])))
            .squaredNorm();
  }
  const double sd = std::sqrt(squares / static_cast<double>(cohort.latent_truth.size()));
  // The extents are within_sd x exp(0.3 normal): their root mean square over 15 x 3 of them is 1.09
  // within_sd, give or take a tenth; abundant types weigh most, so a third either way is the bound.
  EXPECT_NEAR(sd / preset("demo").within_sd, 1.09, 0.36);
}

TEST(Simulate, TreeHeightsAreMeanDistancesOfTypes) {
  const Cohort& cohort = demo();
  std::map<std::string, std::vector<Eigen::Index>> below;
  for (std::size_t t = 0; t < cohort.type_labels.size(); ++t) {
    below[cohort.type_labels[t]] = {static_cast<Eigen::Index>(t)};
  }
  std::map<std::string, std::vector<std::string>> children;
  auto nodes = cohort.dataset.taxonomy->nodes();
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.height < b.height; });
  for (const auto& node : nodes)
    children[node.parent].push_back(node.label);
  std::size_t inner = 0;
  for (const auto& node : nodes) {
    if (node.is_leaf) continue;
    ++inner;
    ASSERT_EQ(children[node.label].size(), 2U) << node.label;
    const auto left = below.at(children[node.label][0]);
    const auto right = below.at(children[node.label][1]);
    double sum = 0;
    for (const auto i : left) {
      for (const auto j : right)
        sum += (cohort.type_centres.row(i) - cohort.type_centres.row(j)).norm();
    }
    EXPECT_NEAR(node.height, sum / static_cast<double>(left.size() * right.size()), 1e-12) << node.label;
    below[node.label] = left;
    below[node.label].insert(below[node.label].end(), right.begin(), right.end());
  }
  EXPECT_EQ(inner, 14U);
}

TEST(Simulate, FamiliesAreBranchesOfTheTree) {
  const Cohort& cohort = demo();
  std::set<std::string> types(cohort.type_labels.begin(), cohort.type_labels.end());
  const auto merged = cohort.dataset.taxonomy->merge({types.begin(), types.end()}, 5);
  std::map<std::string, std::set<std::string>> classes_of_family;
  const auto& leaf = cohort.dataset.column("leaf").text;
  const auto& family = cohort.dataset.column("family").text;
  for (std::size_t i = 0; i < leaf.size(); ++i)
    classes_of_family[family[i]].insert(merged.at(leaf[i]));
  EXPECT_EQ(classes_of_family.size(), 5U);
  for (const auto& [name, classes] : classes_of_family)
    EXPECT_EQ(classes.size(), 1U) << name;
}

TEST(Simulate, MissingEntriesComeAtTheirRate) {
  SimulationSpec spec = preset("demo");
  spec.continuous[0].missing_rate = 0.2;
  const auto data = simulate(spec, 5).dataset;
  const auto missing = static_cast<double>(data.modality("E").values.array().isNaN().count());
  // 27,000 trials at 0.2: SD 66; four of them.
  EXPECT_NEAR(missing, 5400, 264);
  EXPECT_EQ(data.modality("T").values.array().isNaN().count(), 0);
}

TEST(Simulate, CountsAreWholeWithDropoutAndLibrarySize) {
  SimulationSpec spec = preset("demo");
  spec.store_counts = true;
  const MatrixD counts = simulate(spec, 0).dataset.modality("T").values.cast<double>();
  EXPECT_EQ((counts.array() - counts.array().round()).abs().maxCoeff(), 0.0);
  EXPECT_GE(counts.minCoeff(), 0.0);
  const auto zeros = static_cast<double>((counts.array() == 0).count()) / static_cast<double>(counts.size());
  EXPECT_GT(zeros, 0.1);
  EXPECT_LT(zeros, 0.7);
  const Eigen::VectorXd library = counts.rowwise().sum().array().log();
  const double sd = std::sqrt((library.array() - library.mean()).square().mean());
  // Library sizes have SD 0.5 of their log; a few strong genes with overdispersion and dropout add to it: at
  // dispersion 1 a cell whose counts come from some ten genes scatters by about 1 / sqrt(10) more, sqrt(.25 +
  // .1) = .6.
  EXPECT_GT(sd, 0.45);
  EXPECT_LT(sd, 0.8);
}

/// Mean over genes of (variance - mean) / mean^power, for cells that differ by chance alone.
double excess_variance(double dispersion, double library, int power) {
  SimulationSpec spec = preset("demo");
  spec.store_counts = true;
  spec.counts = {.genes = 200,
                 .gain = 0,
                 .library_mean = library,
                 .library_sd = 0,
                 .dispersion = dispersion,
                 .dropout_half_cpm = 0};
  const MatrixD counts = simulate(spec, 3).dataset.modality("T").values.cast<double>();
  double sum = 0;
  double genes = 0;
  for (Eigen::Index j = 0; j < counts.cols(); ++j) {
    const double mean = counts.col(j).mean();
    if (mean < 1) continue;
    sum += ((counts.col(j).array() - mean).square().mean() - mean) / std::pow(mean, power);
    genes += 1;
  }
  EXPECT_GT(genes, 100);
  return sum / genes;
}

TEST(Simulate, CountsHaveTheVarianceOfTheirLaw) {
  // Poisson: s^2 / mean has variance (2 + 1 / mean) / 900 a gene, at most 0.058^2; over 100 genes 0.006; four
  // of them. Both branches of the sampler.
  EXPECT_NEAR(excess_variance(0, 3e3, 1), 0, 0.024);
  EXPECT_NEAR(excess_variance(0, 3e5, 1), 0, 0.024);
  // Negative binomial of dispersion 0.5: excess kurtosis of the gamma part is 3, so s^2 has relative SD
  // sqrt(5 / 900) = 0.075 a gene and 0.0075 over 100; s^2 / mean^2 is at most 0.5 + 1 / mean = 1.5, hence
  // 0.011; four of them. Likewise 2: kurtosis 12, 0.0125 x 3.
  EXPECT_NEAR(excess_variance(0.5, 3e5, 2), 0.5, 0.045);
  EXPECT_NEAR(excess_variance(2.0, 3e5, 2), 2.0, 0.15);
}

TEST(Simulate, StoredValuesAreLogCpmOfTheCounts) {
  SimulationSpec spec = preset("tiny");
  const MatrixF logs = simulate(spec, 0).dataset.modality("T").values;
  spec.store_counts = true;
  const MatrixD counts = simulate(spec, 0).dataset.modality("T").values.cast<double>();
  const MatrixD cpm = 1e6 * (counts.array().colwise() / counts.rowwise().sum().array());
  EXPECT_LT((logs.cast<double>().array() - (cpm.array() + 1).log()).abs().maxCoeff(), 0x1.0p-20);
}

TEST(Simulate, CellsMayLackModalitiesButNotAll) {
  SimulationSpec spec = preset("demo", 3);
  spec.lack = 0.4;
  const auto data = simulate(spec, 2).dataset;
  for (std::size_t i = 0; i < data.cells.size(); ++i) {
    int present = 0;
    for (const Modality& m : data.modalities) {
      present += m.present[i];
      const auto row = m.values.row(static_cast<Eigen::Index>(i));
      EXPECT_EQ(m.present[i] == 0, row.array().isNaN().all());
    }
    EXPECT_GE(present, 1);
  }
  for (const Modality& m : data.modalities) {
    const auto there = std::count(m.present.begin(), m.present.end(), std::uint8_t{1});
    // Present with chance 0.6 + 0.4^3 / 3 = 0.621 of 900: 559, SD 14.6; four of them.
    EXPECT_NEAR(static_cast<double>(there), 559, 58) << m.name;
  }
}

TEST(Simulate, RefusesNumbersThatMakeNoCohort) {
  EXPECT_THROW((void)preset("huge"), UsageError);
  EXPECT_THROW((void)preset("tiny", 0), UsageError);
  EXPECT_THROW((void)preset("tiny", 7), UsageError);
  SimulationSpec spec = preset("tiny");
  spec.cells = 10;
  EXPECT_THROW((void)simulate(spec, 0), UsageError);
  spec = preset("tiny");
  spec.lack = 1;
  EXPECT_THROW((void)simulate(spec, 0), UsageError);
}

}  // namespace
}  // namespace cplae::data
