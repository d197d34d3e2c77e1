#pragma once
#include <string>

#include "node.hpp"

namespace cplae::study {

/// Applies one `key=value` of --set to the tables of a study; whether key and value are known is for the
/// parser to say. Throws UsageError for a text without key or "=", and for a modality or experiment that the
/// study does not have.
void apply_override(Table& root, const std::string& setting);

}  // namespace cplae::study
