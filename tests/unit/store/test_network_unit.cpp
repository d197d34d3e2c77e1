#include "cplae/store/network_unit.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "cplae/core/error.hpp"

namespace cplae::store {
namespace {

NetworkUnit example() {
  NetworkUnit unit;
  unit.id = "consensus,init=2";
  unit.key = NetworkKey{0xFEDCBA9876543210};
  unit.split = {data::Role::train, data::Role::test, data::Role::validation};
  unit.device = "cpu";
  train::Result& result = unit.result;
  result.steps = 500;
  result.best_step = 400;
  result.seconds = 12.5;
  result.weights = {{1, 2, 3}, {4, 5}};
  result.losses = MatrixF::Constant(2, 3, 0.25F);
  result.latents = {MatrixF::Constant(3, 2, 1.5F), MatrixF::Constant(3, 2, -1.0F)};
  result.latents[1](1, 0) = std::numeric_limits<float>::quiet_NaN();
  return unit;
}

TEST(NetworkUnit, ComesBackFromItsRecord) {
  const NetworkUnit unit = example();
  const NetworkUnit back = to_network_unit(decode(encode(to_record(unit)), "here"));
  EXPECT_EQ(back.id, unit.id);
  EXPECT_EQ(back.key, unit.key);
  EXPECT_EQ(back.split, unit.split);
  EXPECT_EQ(back.device, unit.device);
  EXPECT_EQ(back.result.finite, unit.result.finite);
  EXPECT_EQ(back.result.failed_step, -1);
  EXPECT_EQ(back.result.steps, 500);
  EXPECT_EQ(back.result.best_step, 400);
  EXPECT_EQ(back.result.seconds, 12.5);
  EXPECT_EQ(back.result.weights.parameters, unit.result.weights.parameters);
  EXPECT_EQ(back.result.weights.moving, unit.result.weights.moving);
  EXPECT_EQ(back.result.losses, unit.result.losses);
  ASSERT_EQ(back.result.latents.size(), 2U);
  EXPECT_EQ(back.result.latents[0], unit.result.latents[0]);
  EXPECT_EQ(encode(to_record(back)), encode(to_record(unit)));  // and so the NaN too
  EXPECT_EQ(checksum(back), checksum(unit));
}

TEST(NetworkUnit, AFailedNetworkComesBackAsFailed) {
  NetworkUnit unit = example();
  unit.result.finite = false;
  unit.result.failed_step = 300;
  unit.result.losses.resize(0, 3);
  const NetworkUnit back = to_network_unit(to_record(unit));
  EXPECT_FALSE(back.result.finite);
  EXPECT_EQ(back.result.failed_step, 300);
  EXPECT_EQ(back.result.losses.rows(), 0);
  EXPECT_EQ(back.result.losses.cols(), 3);
}

TEST(NetworkUnit, ManyModalitiesKeepTheirOrder) {
  NetworkUnit unit = example();
  unit.result.latents.clear();
  for (int m = 0; m < 12; ++m)
    unit.result.latents.push_back(MatrixF::Constant(3, 2, static_cast<float>(m)));
  const NetworkUnit back = to_network_unit(to_record(unit));
  ASSERT_EQ(back.result.latents.size(), 12U);
  for (std::size_t m = 0; m < 12; ++m)
    EXPECT_EQ(back.result.latents[m](0, 0), static_cast<float>(m));
}

TEST(Checksum, DependsOnEveryResultAndNotOnTimeOrPlace) {
  const std::string here = checksum(example());
  EXPECT_EQ(here.size(), 32U);
  const auto after = [](const std::function<void(NetworkUnit&)>& change) {
    NetworkUnit unit = example();
    change(unit);
    return checksum(unit);
  };
  EXPECT_EQ(after([](auto& unit) { unit.result.seconds = 99; }), here);
  EXPECT_EQ(after([](auto& unit) { unit.device = "cuda:1"; }), here);
  EXPECT_NE(after([](auto& unit) { unit.result.finite = false; }), here);
  EXPECT_NE(after([](auto& unit) { unit.result.failed_step = 3; }), here);
  EXPECT_NE(after([](auto& unit) { unit.result.steps = 501; }), here);
  EXPECT_NE(after([](auto& unit) { unit.result.best_step = 401; }), here);
  EXPECT_NE(after([](auto& unit) { unit.result.losses(1, 2) += 1e-7F; }), here);
  EXPECT_NE(after([](auto& unit) { unit.result.weights.parameters[2] = -3; }), here);
  EXPECT_NE(after([](auto& unit) { unit.result.weights.moving[0] = -0.0F; }), here);
  EXPECT_NE(after([](auto& unit) { unit.result.latents[1](1, 0) = 0; }), here);
  EXPECT_NE(after([](auto& unit) { std::swap(unit.result.latents[0], unit.result.latents[1]); }), here);
  EXPECT_NE(after([](auto& unit) { unit.split[0] = data::Role::test; }), here);
}

TEST(NetworkUnit, ARecordThatLacksSomethingIsRefusedByName) {
  const auto refused = [](const std::function<void(Record&)>& change) {
    Record record = to_record(example());
    change(record);
    try {
      static_cast<void>(to_network_unit(record));
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refused([](Record&) {}), "accepted");
  EXPECT_EQ(refused([](Record& r) { r.arrays.erase("losses"); }),
            "unit of network 'consensus,init=2': no array 'losses'");
  EXPECT_NE(refused([](Record& r) { r.text.erase("key"); }), "accepted");
  EXPECT_NE(refused([](Record& r) { r.text["key"] = "12x"; }), "accepted");
  EXPECT_NE(refused([](Record& r) { r.text.erase("id"); }), "accepted");
  EXPECT_NE(refused([](Record& r) { r.arrays["losses"].shape = {6}; }), "accepted");
  EXPECT_NE(refused([](Record& r) { r.arrays["parameters"].values = std::vector<double>{1}; }), "accepted");
  EXPECT_NE(refused([](Record& r) {
              r.arrays["split"].values = std::vector<std::uint8_t>{3, 0, 0};
            }),
            "accepted");
  EXPECT_NE(refused([](Record& r) { r.arrays["status"].values = std::vector<std::int64_t>{1}; }), "accepted");
  EXPECT_NE(refused([](Record& r) { std::get<std::vector<std::int64_t>>(r.arrays["status"].values)[0] = 2; }),
            "accepted");
}

}  // namespace
}  // namespace cplae::store
