#include <algorithm>
#include <map>
#include <numeric>

#include "cell_tables.hpp"
#include "consensus_choice.hpp"
#include "consensus_frames.hpp"
#include "cplae/core/log.hpp"
#include "cplae/stats/assignment.hpp"
#include "cplae/stats/clustering.hpp"
#include "cplae/stats/silhouette.hpp"
#include "cplae/stats/summary.hpp"
#include "parts.hpp"

namespace cplae::reduce {

namespace {

/// Columns of more classes are no types: the table of counts would be as wide, and its best assignment takes
/// the cube of that.
constexpr std::size_t most_types = 512;

/// A name of a class for every cell, "" = none.
struct Labelling {
  std::string name;  ///< "zT", "leaf"
  std::vector<std::string> labels;
};

/// Cells that have both labels, as two lists.
struct Paired {
  std::vector<std::string> first;
  std::vector<std::string> second;
};

/// The clusters of all cells that have the modality, by their latents.
Labelling clusters_of(const data::Modality& modality, const MatrixF& latents,
                      const stats::GaussianMixture& mixture) {
  const auto cells = data::present_cells(modality);
  const auto found = stats::predict(mixture, latents(cells, Eigen::all).cast<double>());
  Labelling result{"z" + modality.name, std::vector<std::string>(modality.present.size())};
  for (std::size_t i = 0; i < cells.size(); ++i)
    result.labels[static_cast<std::size_t>(cells[i])] = std::to_string(found[i]);
  return result;
}

/// Numbers of components as texts, put in the order of the numbers.
std::vector<Eigen::Index> order_of_components(const std::vector<std::string>& names) {
  std::vector<Eigen::Index> order(names.size());
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return std::stoi(names[static_cast<std::size_t>(a)]) < std::stoi(names[static_cast<std::size_t>(b)]);
  });
  return order;
}

/// Everything about one variant's clusters.
class Consensus {
public:
  Consensus(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units)
      : context_(context),
        units_(units),
        experiment_(unit.experiment),
        choice_(choose_consensus(context, unit, units)),
        mixture_(*mixture_of(chosen(), choice_.components, units)) {
    for (std::size_t m = 0; m < context.data.modalities.size(); ++m)
      clusters_.push_back(clusters_of(context.data.modalities[m], chosen().unit.result.latents[m], mixture_));
  }

  void write(Record& record) {
    add_choice();
    for (std::size_t a = 0; a < clusters_.size(); ++a)
      for (std::size_t b = a + 1; b < clusters_.size(); ++b)
        compare_modalities(clusters_[a], clusters_[b]);
    const auto types = labellings();
    for (const auto& clusters : clusters_)
      for (const auto& labels : types)
        for (const std::string cells : {"held_out", "all"})
          compare_with_types(clusters, labels, cells);
    compare_networks();
    add_silhouettes(types);
    put(record, "consensus", std::move(rows_).frame());
    put(record, "contingency", std::move(contingency_).frame());
    put(record, "consensus_cells", cells_frame());
  }

private:
  [[nodiscard]] const ConsensusMember& chosen() const { return choice_.members[choice_.chosen]; }

  [[nodiscard]] bool is_held_out(std::size_t cell) const {
    return chosen().unit.split[cell] != data::Role::train;
  }

  void add_choice() {
    const auto& range = context_.study.experiments[experiment_].components;
    const bool at_end = choice_.components == range.front() || choice_.components == range.back();
    const auto networks = static_cast<double>(choice_.members.size());
    const auto replicate = static_cast<double>(context_.plan.networks[chosen().network].replicate);
    rows_.add("components", {}, 0, static_cast<double>(choice_.components));
    rows_.add("components_at_end", {}, 0, at_end ? 1 : 0);
    rows_.add("networks", {}, 0, networks);
    rows_.add("replicate", {}, 0, replicate);
  }

  /// The label column and `also` as they stand; types in the order of the tree where there is one.
  [[nodiscard]] std::vector<Labelling> labellings() const {
    std::vector<Labelling> result;
    for (const auto& scheme : context_.schemes[experiment_])
      if (scheme.n_classes > most_types)
        log::warning("consensus: " + std::to_string(scheme.n_classes) + " labels of obs column " +
                     scheme.label + " are not compared with clusters, which at most " +
                     std::to_string(most_types) + " are");
      else if (!scheme.is_cut)
        result.push_back({scheme.label, scheme.class_of_cell});
    return result;
  }

  [[nodiscard]] Paired paired(const Labelling& first, const Labelling& second,
                              const std::string& cells) const {
    Paired result;
    for (std::size_t cell = 0; cell < first.labels.size(); ++cell) {
      if (first.labels[cell].empty() || second.labels[cell].empty()) continue;
      if (cells == "held_out" && !is_held_out(cell)) continue;
      result.first.push_back(first.labels[cell]);
      result.second.push_back(second.labels[cell]);
    }
    return result;
  }

  void compare_modalities(const Labelling& first, const Labelling& second) {
    const Compared compared{first.name, second.name, "held_out"};
    const Paired cells = paired(first, second, "held_out");
    if (cells.first.empty()) return;
    const auto table = stats::square_contingency(cells.first, cells.second);
    const std::size_t n = cells.first.size();
    const auto measures = stats::contingency_measures(table.counts);
    rows_.add("row_reliability", compared, n, measures.row_reliability);
    rows_.add("column_reliability", compared, n, measures.column_reliability);
    rows_.add("diagonal_reliability", compared, n, measures.diagonal_reliability);
    rows_.add("consistency", compared, n, measures.consistency);
    rows_.add("occupancy", compared, n, measures.occupancy);
    add_agreement(compared, n, table.counts);
    const auto order = order_of_components(table.rows);
    NamedCounts shown{{}, {}, table.counts(order, order)};
    for (const Eigen::Index i : order)
      shown.rows.push_back(table.rows[static_cast<std::size_t>(i)]);
    shown.columns = shown.rows;
    contingency_.add(compared, shown);
  }

  void add_agreement(const Compared& compared, std::size_t n, const stats::Counts& counts) {
    rows_.add("adjusted_rand_index", compared, n, stats::adjusted_rand_index(counts));
    rows_.add("normalised_mutual_information", compared, n, stats::normalised_mutual_information(counts));
  }

  void compare_with_types(const Labelling& clusters, const Labelling& types, const std::string& which) {
    heed_stop(context_);
    const Compared compared{clusters.name, types.name, which};
    const Paired cells = paired(clusters, types, which);
    if (cells.first.empty()) return;
    const auto table = stats::contingency(cells.first, cells.second);
    const auto order = order_of_types(types.name, table.columns);
    const stats::Counts ordered = table.counts(Eigen::all, order);
    const auto assignment = stats::best_assignment(ordered);
    const auto n = cells.first.size();
    rows_.add("assigned", compared, n, static_cast<double>(assignment.trace) / static_cast<double>(n));
    add_agreement(compared, n, ordered);
    NamedCounts shown{{}, {}, ordered(assignment.row_order, Eigen::all)};
    for (const Eigen::Index row : assignment.row_order)
      shown.rows.push_back(table.rows[static_cast<std::size_t>(row)]);
    for (const Eigen::Index column : order)
      shown.columns.push_back(table.columns[static_cast<std::size_t>(column)]);
    contingency_.add(compared, shown);
  }

  /// Columns in the order of the tree's leaves; those that it lacks last, by name.
  [[nodiscard]] std::vector<Eigen::Index> order_of_types(const std::string& column,
                                                         const std::vector<std::string>& names) const {
    std::map<std::string, std::size_t> place;
    if (context_.taxonomy && column == context_.study.labels.column)
      for (const auto& leaf : context_.taxonomy->leaves())
        place.emplace(leaf, place.size());
    const auto place_of = [&](Eigen::Index i) {
      const auto found = place.find(names[static_cast<std::size_t>(i)]);
      return found == place.end() ? place.size() : found->second;
    };
    std::vector<Eigen::Index> order(names.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = static_cast<Eigen::Index>(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](Eigen::Index a, Eigen::Index b) { return place_of(a) < place_of(b); });
    return order;
  }

  /// Do other initialisations find the same clusters? Each pair of networks, on all cells of the first
  /// modality.
  void compare_networks() {
    std::vector<Labelling> all;
    for (const auto& member : choice_.members)
      if (const auto mixture = mixture_of(member, choice_.components, units_))
        all.push_back(
            clusters_of(context_.data.modalities.front(), member.unit.result.latents.front(), *mixture));
    std::vector<double> rand;
    std::vector<double> information;
    std::size_t n = 0;
    for (std::size_t a = 0; a < all.size(); ++a)
      for (std::size_t b = a + 1; b < all.size(); ++b) {
        heed_stop(context_);
        const Paired cells = paired(all[a], all[b], "all");
        const auto counts = stats::contingency(cells.first, cells.second).counts;
        n = cells.first.size();
        rand.push_back(stats::adjusted_rand_index(counts));
        information.push_back(stats::normalised_mutual_information(counts));
      }
    if (rand.empty()) return;
    const Compared compared{clusters_.front().name, "other networks", "all"};
    rows_.add("adjusted_rand_index", compared, n, stats::summarise(rand).mean);
    rows_.add("adjusted_rand_index_sd", compared, n, stats::summarise(rand).sd);
    rows_.add("normalised_mutual_information", compared, n, stats::summarise(information).mean);
    rows_.add("normalised_mutual_information_sd", compared, n, stats::summarise(information).sd);
  }

  /// By the latents of each modality: its clusters, the label columns, and the tree at the resolutions of the
  /// experiment.
  void add_silhouettes(const std::vector<Labelling>& types) {
    for (std::size_t m = 0; m < clusters_.size(); ++m) {
      add_silhouette(m, clusters_[m], "(clusters)");  // no column's name that a table would have
      for (const auto& labels : types)
        add_silhouette(m, labels, labels.name);
      for (const auto& scheme : context_.schemes[experiment_])
        if (scheme.is_cut) add_silhouette(m, {scheme.label, scheme.class_of_cell}, scheme_name(scheme));
    }
  }

  /// Of held-out cells by the latents of one modality; nothing where there are not clusters enough.
  void add_silhouette(std::size_t m, const Labelling& labelling, const std::string& name) {
    heed_stop(context_);
    const auto& modality = context_.data.modalities[m];
    std::map<std::string, std::int64_t> number;
    std::vector<std::int64_t> labels;
    std::vector<Eigen::Index> cells;
    for (std::size_t cell = 0; cell < labelling.labels.size(); ++cell) {
      if (labelling.labels[cell].empty() || modality.present[cell] == 0 || !is_held_out(cell)) continue;
      const auto next = static_cast<std::int64_t>(number.size());
      labels.push_back(number.emplace(labelling.labels[cell], next).first->second);
      cells.push_back(static_cast<Eigen::Index>(cell));
    }
    if (number.size() < 2 || number.size() >= cells.size()) return;
    const MatrixD latents = chosen().unit.result.latents[m](cells, Eigen::all).cast<double>();
    const auto summary = stats::silhouette_over_clusters(latents, labels);
    const Compared compared{"z" + modality.name, name, "held_out"};
    rows_.add("silhouette", compared, cells.size(), summary.mean);
    rows_.add("silhouette_sd", compared, cells.size(), summary.sd);
  }

  [[nodiscard]] Frame cells_frame() const {
    std::vector<std::int64_t> held_out;
    for (std::size_t cell = 0; cell < context_.cells.size(); ++cell)
      held_out.push_back(is_held_out(cell) ? 1 : 0);
    std::vector<FrameColumn> columns{{"cell", context_.cells}, {"held_out", held_out}};
    for (const auto& clusters : clusters_)
      columns.push_back({"cluster_" + clusters.name, clusters.labels});
    return Frame(std::move(columns));
  }

  const Context& context_;
  const store::UnitStore& units_;
  std::size_t experiment_;
  ConsensusChoice choice_;
  stats::GaussianMixture mixture_;
  std::vector<Labelling> clusters_;  ///< [modality]
  ConsensusRows rows_;
  ContingencyRows contingency_;
};

}  // namespace

void find_consensus(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                    Record& record) {
  Consensus(context, unit, units).write(record);
}

}  // namespace cplae::reduce
