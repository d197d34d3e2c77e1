#pragma once
#include "cplae/dist/session.hpp"
#include "cplae/dist/stop.hpp"
#include "cplae/model/device.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/store/units.hpp"

namespace cplae::apps {

/// What the ranks of one run share.
struct RunParts {
  const dist::Communicator& communicator;
  dist::StopSignal& stop;
  const reduce::Context& context;
  const store::UnitStore& units;
};

/// Collective: trains every network that has no unit yet, shared out over the ranks; returns how many were
/// trained now. Throws Stopped when a signal asked to stop, with every running network at a checkpoint; other
/// errors on all ranks alike.
std::size_t train_networks(const RunParts& run, const model::Device& device);

/// Collective: computes every unit of statistics that is missing, in the same way.
std::size_t compute_statistics(const RunParts& run);

}  // namespace cplae::apps
