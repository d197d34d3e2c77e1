#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "apps/estimate.hpp"
#include "cplae/engine/engine.hpp"
#include "cplae/reduce/context.hpp"

namespace cplae::apps::bench {

/// What a training bench is made on: a shape of ours with its cohort simulated, or a study with its data.
struct CaseOptions {
  std::string shape = "paper";       ///< paper, demo or motor_cortex; not looked at with a study
  std::string study;                 ///< empty = none
  std::vector<std::string> data;     ///< of the study
  std::optional<std::size_t> cells;  ///< these three change a shape, not a study
  std::optional<std::size_t> genes;
  std::optional<std::size_t> modalities;
  std::optional<std::int64_t> latent_dim;
  std::optional<std::int64_t> batch;
  study::Trainer trainer = study::Trainer::automatic;
  study::Precision precision = study::Precision::fp32;
};

/// Networks to be stepped: the study's base spec (no `vary`), the splits of its first experiment by turns,
/// keys of their own.
class TrainCase {
public:
  /// Local. Throws UsageError, DataError.
  explicit TrainCase(const CaseOptions& options);
  /// Networks of one variant of a study that was checked already.
  TrainCase(reduce::Context context, const study::NetworkSpec& spec);
  TrainCase(const TrainCase&) = delete;
  TrainCase& operator=(const TrainCase&) = delete;

  [[nodiscard]] const std::string& name() const { return context_.study.name; }
  [[nodiscard]] const reduce::Context& context() const { return context_; }
  [[nodiscard]] const study::NetworkSpec& spec() const { return context_.study.base; }
  [[nodiscard]] const NetworkCost& cost() const { return cost_; }
  [[nodiscard]] std::vector<std::size_t> features() const;
  /// The network of that number, any; it lives as long as this case.
  [[nodiscard]] engine::Subject subject(std::size_t number) const;

private:
  explicit TrainCase(reduce::Context context);
  reduce::Context context_;
  NetworkCost cost_;
  std::vector<data::Split> splits_;
};

}  // namespace cplae::apps::bench
