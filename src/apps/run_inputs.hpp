#pragma once
#include <string>

#include "apps/run_study.hpp"
#include "apps/shared_data.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/store/open_run.hpp"

namespace cplae::apps {

/// What a run reads before it writes anything.
struct RunInputs {
  reduce::Context context;
  store::Identity identity;
};

/// The kinds that the study's networks are trained with: "fused", or "fused+reference" where variants differ.
/// Throws UsageError where a network cannot be trained as the study asks on such a device.
[[nodiscard]] std::string trainers_of(const study::Plan& plan, model::DeviceKind device);

/// A study checked against the data, and what identifies both. Local. Throws UsageError, DataError, IoError.
[[nodiscard]] RunInputs make_inputs(study::Study study, SharedData data, model::DeviceKind device);

/// What provenance.json says of this start; what ranks tell, hosts and devices, is filled by the caller.
[[nodiscard]] store::Start describe_start(const RunOptions& options, const RunInputs& inputs);

}  // namespace cplae::apps
