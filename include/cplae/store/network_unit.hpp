#pragma once
#include <string>

#include "cplae/core/ids.hpp"
#include "cplae/core/record.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/train/trainer.hpp"

namespace cplae::store {

/// A trained network with what identifies it: the content of work/networks/<id>.unit.
struct NetworkUnit {
  std::string id;        ///< study::Network::id
  NetworkKey key{};      ///< study::Network::key
  data::Split split;     ///< [cells]
  train::Result result;  ///< latents in the study's order of modalities
  std::string device;    ///< where it was trained, for people
};

/// XXH3-128 of all that must be the same wherever and however often the network is trained: status, steps,
/// losses, weights, latents, split. Not of seconds and device. 32 hexadecimal digits.
[[nodiscard]] std::string checksum(const NetworkUnit& unit);

[[nodiscard]] Record to_record(const NetworkUnit& unit);
/// Throws DataError naming the unit and what is missing or of the wrong type or shape.
[[nodiscard]] NetworkUnit to_network_unit(const Record& record);

}  // namespace cplae::store
