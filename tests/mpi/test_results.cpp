// results.h5 in parallel: the bytes that the units hold, whatever the number of ranks, and nothing at all
// when something is amiss.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/store/read_results.hpp"
#include "cplae/store/results.hpp"
#include "synthetic_run.hpp"
#include "world.hpp"

namespace cplae::store {
namespace {

namespace fs = std::filesystem;

void expect_same_bits(const MatrixF& found, const MatrixF& expected, const std::string& what) {
  ASSERT_EQ(found.rows(), expected.rows()) << what;
  ASSERT_EQ(found.cols(), expected.cols()) << what;
  const auto bytes = static_cast<std::size_t>(found.size()) * sizeof(float);
  EXPECT_EQ(std::memcmp(found.data(), expected.data(), bytes), 0) << what;
}

void expect_same_bits(const std::vector<float>& found, const std::vector<float>& expected,
                      const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size() * sizeof(float)), 0) << what;
}

void expect_network(const ResultsReader& reader, const study::Network& network, const NetworkUnit& unit) {
  const train::Result& result = unit.result;
  const Replicate row = reader.replicates(reader.plan().variants[network.variant.index()].id)
                            .at(static_cast<std::size_t>(network.replicate));
  const bool is_fold = network.variant.value() < 2;
  EXPECT_EQ(row.fold, is_fold ? network.replicate : -1) << network.id;
  EXPECT_EQ(row.init, is_fold ? -1 : network.replicate) << network.id;
  EXPECT_EQ(row.key, network.key) << network.id;
  EXPECT_EQ(row.done, result.finite) << network.id;
  EXPECT_EQ(row.steps, result.steps) << network.id;
  EXPECT_EQ(row.best_step, result.best_step) << network.id;
  EXPECT_EQ(row.failed_step, result.failed_step) << network.id;
  EXPECT_EQ(row.checksum, checksum(unit)) << network.id;
  EXPECT_EQ(reader.split(network), unit.split) << network.id;
  expect_same_bits(reader.latents(network, "T"), result.latents[0], network.id + " latents T");
  expect_same_bits(reader.latents(network, "E"), result.latents[1], network.id + " latents E");
  expect_same_bits(reader.weights(network).parameters, result.weights.parameters, network.id + " parameters");
  expect_same_bits(reader.weights(network).moving, result.weights.moving, network.id + " moving");
  const MatrixF losses = reader.losses(network);
  ASSERT_EQ(losses.rows(), 5) << network.id;
  expect_same_bits(losses.topRows(result.losses.rows()), result.losses, network.id + " losses");
  EXPECT_TRUE(losses.bottomRows(5 - result.losses.rows()).array().isNaN().all()) << network.id;
}

void expect_all(const fs::path& path, const test::SyntheticRun& run) {
  const ResultsReader reader(path);
  EXPECT_EQ(reader.cells(), run.cells);
  EXPECT_EQ(reader.data_sha256(), std::string(64, 'a'));
  ASSERT_EQ(reader.plan().networks.size(), run.plan.networks.size());
  for (std::size_t m = 0; m < 2; ++m) {
    const data::Modality& modality = run.data.modalities[m];
    EXPECT_EQ(reader.features(modality.name), modality.features);
    EXPECT_EQ(reader.scaling(modality.name).centre, run.data.scaling[m].centre);
    EXPECT_EQ(reader.scaling(modality.name).scale, run.data.scaling[m].scale);
  }
  for (const auto& network : run.plan.networks)
    expect_network(reader, network, run.unit(network));
}

TEST(Results, HoldTheUnitsBitsForAnyNumberOfRanks) {
  const dist::Communicator& world = test::world();
  const test::SyntheticRun run;
  for (int ranks = 1; ranks <= world.size(); ++ranks) {
    const dist::Communicator group = world.split(world.rank() < ranks ? 0 : 1);
    if (world.rank() >= ranks) continue;
    const test::SharedScratch scratch(group);
    const UnitStore units((RunFolder(scratch.path())));
    dist::agree(group, [&] { run.write_units(units, group.rank(), group.size()); });
    write_results(group, run.input(units));
    expect_all(units.folder().results(), run);
    EXPECT_FALSE(fs::exists(units.folder().results().string() + ".part"));
  }
}

TEST(Results, AreReplacedByANewRunOverTheSameUnits) {
  const dist::Communicator& world = test::world();
  const test::SyntheticRun run;
  const test::SharedScratch scratch(world);
  const UnitStore units((RunFolder(scratch.path())));
  dist::agree(world, [&] {
    run.write_units(units, world.rank(), world.size());
    if (world.is_root()) write_file_atomically(units.folder().results(), std::string_view("older"));
    if (world.is_root())
      write_file_atomically(units.folder().results().string() + ".part", std::string_view("torn"));
  });
  write_results(world, run.input(units));
  expect_all(units.folder().results(), run);
}

TEST(Results, AMissingUnitIsNamedOnEveryRankAndNothingIsReplaced) {
  const dist::Communicator& world = test::world();
  const test::SyntheticRun run;
  const test::SharedScratch scratch(world);
  const UnitStore units((RunFolder(scratch.path())));
  const std::string lost = run.plan.networks[7].id;
  dist::agree(world, [&] { run.write_units(units, world.rank(), world.size()); });
  if (world.is_root()) fs::remove(units.folder().unit(UnitKind::network, lost));
  world.barrier();
  try {
    write_results(world, run.input(units));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find(lost), std::string::npos) << error.what();
  }
  EXPECT_FALSE(fs::exists(units.folder().results()));
  world.barrier();
  dist::agree(world, [&] {
    if (world.is_root()) units.write(UnitKind::network, lost, to_record(run.unit(run.plan.networks[7])));
  });
  write_results(world, run.input(units));
  expect_all(units.folder().results(), run);
}

/// The last rank looks for the file in another folder: it alone finds none, before the others open it
/// together.
TEST(Results, ARankThatCannotSeeTheFileIsNamedOnEveryRank) {
  const dist::Communicator& world = test::world();
  if (world.size() == 1) GTEST_SKIP() << "needs 2 ranks";
  const test::SyntheticRun run;
  const test::SharedScratch scratch(world);
  const fs::path home = fs::current_path();
  const bool is_last = world.rank() == world.size() - 1;
  const fs::path elsewhere = scratch.path() / "elsewhere";
  dist::agree(world, [&] {
    if (world.is_root()) make_folder(elsewhere);
  });
  fs::current_path(is_last ? elsewhere : scratch.path());
  const UnitStore units((RunFolder(".")));
  dist::agree(world, [&] {
    if (world.is_root()) run.write_units(units, 0, 1);
  });
  try {
    write_results(world, run.input(units));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const IoError& error) {
    const std::string expected =
        "rank " + std::to_string(world.size() - 1) + ": ./results.h5.part: no such file";
    EXPECT_EQ(std::string(error.what()), expected);
  }
  EXPECT_FALSE(fs::exists(units.folder().results()));
  fs::current_path(home);
}

TEST(Results, AUnitThatDoesNotFitThePlanIsRefusedOnEveryRank) {
  const dist::Communicator& world = test::world();
  const test::SyntheticRun run;
  const test::SharedScratch scratch(world);
  const UnitStore units((RunFolder(scratch.path())));
  dist::agree(world, [&] { run.write_units(units, world.rank(), world.size()); });
  const auto refused_with = [&](NetworkUnit unit) {
    dist::agree(world, [&] {
      if (world.is_root()) units.write(UnitKind::network, unit.id, to_record(unit));
    });
    EXPECT_THROW(write_results(world, run.input(units)), DataError);
    EXPECT_FALSE(fs::exists(units.folder().results()));
    world.barrier();
  };
  const NetworkUnit good = run.unit(run.plan.networks[4]);
  NetworkUnit bad = good;
  bad.split.pop_back();
  refused_with(bad);
  bad = good;
  bad.result.latents.pop_back();
  refused_with(bad);
  bad = good;
  bad.result.latents[1].conservativeResize(11, 2);
  refused_with(bad);
  bad = good;
  bad.result.losses.conservativeResize(4, bad.result.losses.cols());
  refused_with(bad);
  bad = good;
  bad.result.weights.parameters.push_back(0);
  refused_with(bad);
  bad = good;
  bad.key = NetworkKey{1};
  refused_with(bad);
}

/// Leaves a results.h5 where test_results.py asks for one, to be read by another library and compared over
/// numbers of ranks.
TEST(Results, ForPython) {
  const char* folder = std::getenv("CPLAE_TEST_RESULTS");
  if (folder == nullptr) GTEST_SKIP() << "test_results.py runs this";
  const dist::Communicator& world = test::world();
  const test::SyntheticRun run;
  const UnitStore units((RunFolder(folder)));
  dist::agree(world, [&] { run.write_units(units, world.rank(), world.size()); });
  write_results(world, run.input(units));
}

}  // namespace
}  // namespace cplae::store
