#pragma once
#include <functional>
#include <map>
#include <string>

#include "json_matrix.hpp"

namespace cplae::probe {

using Commands = std::map<std::string, std::function<Json(const Json&)>>;

void add_clustering(Commands& commands);
void add_comparison(Commands& commands);
void add_linear(Commands& commands);
void add_matching(Commands& commands);
void add_measures(Commands& commands);
void add_mixtures(Commands& commands);
void add_predictive(Commands& commands);
void add_regression(Commands& commands);
void add_types(Commands& commands);

}  // namespace cplae::probe
