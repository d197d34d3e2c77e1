// Reads a list of requests {"command": ..., arguments} from standard input and prints the list of answers. An
// answer to a request that cplae refuses is {"error": text}.
#include <iostream>

#include "commands.hpp"
#include "cplae/core/error.hpp"

int main() {
  using namespace cplae;
  using namespace cplae::probe;
  Commands commands;
  add_clustering(commands);
  add_comparison(commands);
  add_linear(commands);
  add_matching(commands);
  add_measures(commands);
  add_mixtures(commands);
  add_predictive(commands);
  add_regression(commands);
  add_types(commands);
  Json answers = Json::array();
  for (const Json& request : Json::parse(std::cin)) {
    try {
      answers.push_back(commands.at(request.at("command"))(request));
    } catch (const Error& error) {
      answers.push_back({{"error", error.what()}});
    }
  }
  std::cout << answers.dump() << '\n';
}
