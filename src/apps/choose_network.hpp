#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "cplae/store/read_results.hpp"

namespace cplae::apps {

/// What a user asks for; all of it may be left open.
struct NetworkWish {
  std::string variant;  ///< id; empty = open
  std::optional<std::int64_t> fold;
  std::optional<std::int64_t> init;
  bool folds_first = false;  ///< where the variant is open: folds before repeats
};

/// A network and its loss on held-out cells at the kept step.
struct ChosenNetwork {
  study::Network network;
  double validation_loss = 0;
};

/// The network that fits the wish with the least validation loss on held-out cells. Without a variant: of the
/// variants with repeats, or else with folds (with a fold, or folds_first: of these first), that have the
/// highest lambda; refused where that leaves several with folds. Failed networks are passed over. Throws
/// UsageError naming what there is.
[[nodiscard]] ChosenNetwork choose_network(const store::ResultsReader& results, const NetworkWish& wish);

}  // namespace cplae::apps
