#pragma once
#include "cplae/study/networks.hpp"

namespace cplae::study {

/// Every check of a study that needs no data: each key's type and range (also of studies that were put
/// together by a program), names, pairs of keys that must fit one another, in every variant. Throws
/// UsageError naming the key's path. Returns the plan it has made on the way.
Plan check_study(const Study& study);

}  // namespace cplae::study
