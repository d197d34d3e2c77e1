#pragma once
#include <string>

#include "cplae/model/device.hpp"

namespace cplae::apps {

/// What --device says: "auto", "cpu" or "cuda". Throws UsageError for another name.
[[nodiscard]] model::DeviceRequest device_request(const std::string& name);

}  // namespace cplae::apps
