// Networks that were trained on other cells than the study's are refused, whatever is computed of them.
#include <gtest/gtest.h>

#include <limits>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "reduce/read_network.hpp"
#include "scratch.hpp"

namespace cplae::reduce {
namespace {

constexpr Eigen::Index cells = 4;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

class ReadNetwork : public testing::Test {
protected:
  ReadNetwork() : units_(store::RunFolder(scratch_.path())) {
    make_folder(units_.folder().units(store::UnitKind::network));
    network_.id = "consensus,init=0";
    context_.cells = {"a", "b", "c", "d"};
    context_.data.modalities = {{"T", {"g"}, MatrixF::Ones(cells, 1), {1, 1, 1, 1}},
                                {"E", {"f"}, MatrixF::Ones(cells, 1), {1, 1, 1, 0}}};
    unit_.id = network_.id;
    unit_.split.assign(cells, data::Role::train);
    unit_.result.losses = MatrixF::Zero(1, 2);
    unit_.result.latents = {MatrixF::Ones(cells, 2), MatrixF::Ones(cells, 2)};
    unit_.result.latents[1].row(3).setConstant(nan);
  }
  store::NetworkUnit read() {
    units_.write(store::UnitKind::network, network_.id, store::to_record(unit_));
    return read_network(context_, network_, units_);
  }
  std::string refusal() {
    try {
      static_cast<void>(read());
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }

  test::Scratch scratch_;
  store::UnitStore units_;
  study::Network network_;
  Context context_;
  store::NetworkUnit unit_;
};

TEST_F(ReadNetwork, OfTheStudysCellsComesBack) {
  EXPECT_EQ(read().id, network_.id);
}

TEST_F(ReadNetwork, OfACellThatLacksTheModalityIsRefused) {
  unit_.result.latents[1].row(3).setConstant(0.5F);
  const std::string said = refusal();
  EXPECT_NE(said.find("'consensus,init=0'"), std::string::npos) << said;
  EXPECT_NE(said.find("latents of E for 1 cells that lack it"), std::string::npos) << said;
  EXPECT_NE(said.find("--overwrite"), std::string::npos) << said;
}

TEST_F(ReadNetwork, OfOtherNumbersOfCellsIsRefused) {
  context_.cells.pop_back();
  EXPECT_NE(refusal().find("cells of the split 4, expected 3"), std::string::npos);
}

// What cannot be computed from them is told by whoever tries: they are no other cells.
TEST_F(ReadNetwork, ThatHasNoNumberForACellComesBack) {
  unit_.result.latents[0](1, 0) = nan;
  EXPECT_EQ(refusal(), "");
  unit_.result.finite = false;
  unit_.result.latents[1].setConstant(0.5F);
  EXPECT_EQ(refusal(), "") << "a failed one is not looked at";
}

}  // namespace
}  // namespace cplae::reduce
