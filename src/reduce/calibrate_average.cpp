#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "calibration_rows.hpp"
#include "cplae/core/error.hpp"
#include "cplae/study/networks.hpp"
#include "parts.hpp"
#include "prediction_record.hpp"
#include "scores.hpp"
#include "subsets.hpp"

namespace cplae::reduce {

namespace {

/// From some modalities to one.
struct Way {
  Subset from;
  std::size_t to = 0;
  data::Modality source;  ///< the modalities as one
};

/// The held-out cells of one fold in one of the ways.
struct FoldAverage {
  std::int64_t fold = 0;
  std::size_t way = 0;
  std::size_t n_cells = 0;
  MatrixF truth;
  MatrixD mean;
  MatrixD spread;
};

class Calibrator {
public:
  Calibrator(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units)
      : context_(context), unit_(unit), units_(units) {
    const auto& modalities = context.data.modalities;
    const auto& spec = context.plan.variants[context.plan.networks[unit.network].variant.index()].spec;
    for (const Subset& from : sources_of(spec, modalities.size()))
      for (std::size_t to = 0; to < modalities.size(); ++to)
        if (is_predicted(from, to)) ways_.push_back({from, to, together(modalities, from)});
    sums_.resize(ways_.size());
  }

  void write(Record& record) {
    visit([&](const FoldAverage& own) {
      auto& sums = sums_[own.way].try_emplace(own.fold, own.truth.cols()).first->second;
      sums.add(own.truth, own.mean, own.spread);
    });
    CoverageRows coverages;
    visit([&](const FoldAverage& own) { add_coverage(own, coverages); });
    PredictiveRows predictive;
    bool has_any = false;
    for (std::size_t way = 0; way < ways_.size(); ++way) {
      if (sums_[way].empty()) continue;
      predictive.add(ways_[way].source.name, target(way), sums_but(way, -1));
      has_any = true;
    }
    if (!has_any) throw NumericError("no fold of the ensemble has two members with a result");
    put(record, "calibration", std::move(coverages).frame());
    put(record, "predictive", std::move(predictive).frame());
  }

private:
  [[nodiscard]] const data::Modality& target(std::size_t way) const {
    return context_.data.modalities[ways_[way].to];
  }

  /// Fold by fold, those that have a result.
  void visit(const std::function<void(const FoldAverage&)>& see) const {
    const auto& networks = context_.plan.networks;
    for (std::size_t n = unit_.network; n < networks.size(); ++n) {
      if (networks[n].variant != networks[unit_.network].variant) break;
      heed_stop(context_);
      const auto record =
          units_.read_awaited(store::UnitKind::statistics, fold_id(context_, unit_, networks[n].replicate));
      if (failure(record).empty()) visit_fold(networks[n], record, see);
    }
  }

  void visit_fold(const study::Network& network, const Record& record,
                  const std::function<void(const FoldAverage&)>& see) const {
    const data::Split split = study::split_of(context_.study, context_.plan, network, context_.labels);
    for (std::size_t way = 0; way < ways_.size(); ++way) {
      const auto average = get_average(record, ways_[way].from, ways_[way].to);
      if (!average) continue;
      const auto cells = held_out_with(ways_[way].source, target(way), split);
      see({.fold = network.replicate,
           .way = way,
           .n_cells = cells.size(),
           .truth = target(way).values(cells, Eigen::all),
           .mean = average->mean.cast<double>(),
           .spread = average->spread.cast<double>()});
    }
  }

  /// Over all folds but one.
  [[nodiscard]] stats::ErrorSums sums_but(std::size_t way, std::int64_t left_out) const {
    stats::ErrorSums all(target(way).values.cols());
    for (const auto& [fold, sums] : sums_[way])
      if (fold != left_out) all.add(sums);
    return all;
  }

  void add_coverage(const FoldAverage& own, CoverageRows& rows) const {
    const auto variance = sums_but(own.way, own.fold).fit();
    rows.add({own.fold, ways_[own.way].source.name, target(own.way).name, own.n_cells},
             stats::coverage(own.truth, own.mean, own.spread),
             stats::coverage(own.truth, own.mean, stats::predictive_sd(variance, own.spread)));
  }

  const Context& context_;
  const StatisticsUnit& unit_;
  const store::UnitStore& units_;
  std::vector<Way> ways_;
  std::vector<std::map<std::int64_t, stats::ErrorSums>> sums_;  ///< [way], by fold
};

}  // namespace

void calibrate_average(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                       Record& record) {
  Calibrator(context, unit, units).write(record);
}

}  // namespace cplae::reduce
