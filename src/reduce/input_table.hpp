#pragma once
// What the networks were trained on, feature by feature: new cells are compared with it.
#include <filesystem>

#include "cplae/reduce/context.hpp"

namespace cplae::reduce {

/// One row a feature of each modality, over the cells of the study that have the entry: number, mean and
/// population SD of f(x), where f is the modality's transform without zscore's centring; and the means of
/// e^f(x) - 1 and 2^f(x) - 1, whose sums over the features tell what a cell's counts were brought to before
/// their logarithm was taken. These two are empty where a value of the modality is no logarithm of counts per
/// million. Throws IoError.
void write_inputs(const Context& context, const std::filesystem::path& path);

}  // namespace cplae::reduce
