#include "matching_rows.hpp"

#include <utility>

#include "cplae/stats/foscttm.hpp"
#include "cplae/stats/neighbours.hpp"
#include "scores.hpp"

namespace cplae::reduce {

namespace {

constexpr Eigen::Index voters = 5;
constexpr Eigen::Index neighbourhood = 15;

stats::LabelledCells labelled(const MatrixD& latents, const std::vector<Eigen::Index>& cells,
                              const LabelScheme& scheme) {
  stats::LabelledCells result{latents(cells, Eigen::all), {}};
  for (const Eigen::Index cell : cells)
    result.labels.push_back(scheme.class_of_cell[static_cast<std::size_t>(cell)]);
  return result;
}

bool has_labels(const stats::LabelledCells& cells) {
  for (const auto& label : cells.labels)
    if (!label.empty()) return true;
  return false;
}

}  // namespace

void MatchingRows::put(const std::string& from, const std::string& to, const Measured& measured) {
  from_.push_back(from);
  to_.push_back(to);
  measure_.push_back(measured.measure);
  label_.push_back(measured.label);
  n_cells_.push_back(static_cast<std::int64_t>(measured.n_cells));
  value_.push_back(measured.value);
  ceiling_.push_back(measured.ceiling);
}

void MatchingRows::add(const Context& context, const std::vector<EncodedModality>& modalities,
                       const data::Split& split, const std::vector<LabelScheme>& schemes) {
  for (auto first = modalities.begin(); first != modalities.end(); ++first)
    for (auto second = first + 1; second != modalities.end(); ++second) {
      const auto held_out = held_out_with(first->modality, second->modality, split);
      if (held_out.empty()) continue;
      heed_stop(context);
      add_partners(*first, *second, held_out);
      heed_stop(context);
      add_labels(*first, *second, held_out, split, schemes);
      heed_stop(context);
      add_labels(*second, *first, held_out, split, schemes);
    }
}

void MatchingRows::add_partners(const EncodedModality& first, const EncodedModality& second,
                                const std::vector<Eigen::Index>& held_out) {
  const auto scores =
      stats::foscttm({first.latents(held_out, Eigen::all), second.latents(held_out, Eigen::all)});
  const std::string& a = first.modality.name;
  const std::string& b = second.modality.name;
  put(a, b, {"foscttm", "", held_out.size(), scores.closer.from_first, 0});
  put(a, b, {"foscttm_ties_half", "", held_out.size(), scores.ties_half.from_first, 0});
  put(b, a, {"foscttm", "", held_out.size(), scores.closer.from_second, 0});
  put(b, a, {"foscttm_ties_half", "", held_out.size(), scores.ties_half.from_second, 0});
  put(a, b, {"foscttm_mean", "", held_out.size(), scores.closer.mean, 0});
}

void MatchingRows::add_labels(const EncodedModality& from, const EncodedModality& to,
                              const std::vector<Eigen::Index>& held_out, const data::Split& split,
                              const std::vector<LabelScheme>& schemes) {
  const std::string& source = from.modality.name;
  const std::string& target = to.modality.name;
  const auto training = training_with(to.modality, to.modality, split);
  for (const auto& scheme : schemes) {
    if (scheme.is_cut) continue;
    stats::LabelSearch search{.queries = labelled(from.latents, held_out, scheme),
                              .reference = labelled(to.latents, training, scheme),
                              .k = voters};
    if (!has_labels(search.queries) || !has_labels(search.reference)) continue;
    const auto transfer = stats::label_transfer(search);
    if (transfer.n_cells == 0) continue;
    put(source, target, {"label_transfer", scheme.label, transfer.n_cells, transfer.accuracy, 1});
    search.k = neighbourhood;
    const auto purity = stats::purity(search);
    put(source, target, {"purity", scheme.label, purity.n_cells, purity.mean, purity.ceiling});
  }
}

Frame MatchingRows::frame() && {
  return Frame({{"from", std::move(from_)},
                {"to", std::move(to_)},
                {"measure", std::move(measure_)},
                {"label", std::move(label_)},
                {"n_cells", std::move(n_cells_)},
                {"value", std::move(value_)},
                {"ceiling", std::move(ceiling_)}});
}

}  // namespace cplae::reduce
