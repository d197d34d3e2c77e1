#pragma once
// What a step does to parameters, by docs/model.md and by the moments that the engine itself has after it:
// for every engine.
#include <gtest/gtest.h>

#include <cmath>

#include "group_fixture.hpp"

namespace cplae::test {

/// A point of a learning rate's way and the share of `learning_rate` that it has there, worked out by hand.
struct RatePoint {
  study::RateSchedule schedule;
  std::int64_t step;
  double share;
};

/// Of a training of 100 steps, 10 of them warm-up, that ends at a tenth of the rate.
inline const std::vector<RatePoint>& rate_points() {
  using study::RateSchedule;
  static const std::vector<RatePoint> points{
      {RateSchedule::constant, 5, 0.5}, {RateSchedule::constant, 10, 1.0}, {RateSchedule::constant, 90, 1.0},
      {RateSchedule::linear, 5, 0.5},   {RateSchedule::linear, 40, 0.7},   {RateSchedule::linear, 100, 0.1},
      {RateSchedule::cosine, 10, 1.0},  {RateSchedule::cosine, 40, 0.775}, {RateSchedule::cosine, 55, 0.55},
      {RateSchedule::cosine, 100, 0.1}};
  return points;
}

/// `make` makes the engine of a subject. One step from zero moments; a step in single precision rounds a few
/// times.
template <class Make>
void expect_rates(const Make& make, double weight_decay) {
  const study::StudyData data = make_data({});
  const data::Split split = make_split(90, 5, 0);
  for (const RatePoint& point : rate_points()) {
    study::NetworkSpec spec = make_spec(2);
    spec.training.steps = 100;
    spec.training.learning_rate = 0.02;
    spec.training.warm_up = 10;
    spec.training.final_rate = 0.1;
    spec.training.schedule = point.schedule;
    spec.training.weight_decay = weight_decay;
    const engine::Subject subject{spec, data, split, make_key(6, "rates")};
    const auto engine = make(subject);
    const engine::State before = moved_state(subject);
    engine->load(0, before);
    engine->advance(point.step - 1, point.step);
    const engine::State after = engine->save(0);
    const auto t = static_cast<double>(point.step);
    const double rate = 0.02 * point.share;
    const double adam = rate * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t));
    for (const auto& slot : model::make_layout(spec, {12, 7}).parameters)
      for (std::size_t i = slot.offset; i < slot.offset + static_cast<std::size_t>(slot.rows * slot.columns);
           ++i) {
        const double kept = slot.name.ends_with("/weight") ? 1 - rate * weight_decay : 1;
        const double old = before.weights.parameters[i];
        const double update = adam * after.first_moment[i] / (std::sqrt(after.second_moment[i]) + 1e-7);
        ASSERT_NEAR(after.weights.parameters[i], kept * old - update,
                    4e-7 * (std::abs(old) + std::abs(update)))
            << slot.name << " at step " << point.step;
      }
  }
}

}  // namespace cplae::test
