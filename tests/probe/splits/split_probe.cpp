// split_probe folds N SEED | holdout FRACTION SEED: reads one label a line, prints each cell's fold or role.
#include <iostream>
#include <string>
#include <vector>

#include "cplae/core/random.hpp"
#include "cplae/data/splits.hpp"

using namespace cplae;

namespace {

std::vector<std::string> read_labels() {
  std::vector<std::string> labels;
  for (std::string line; std::getline(std::cin, line);)
    labels.push_back(line);
  return labels;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 4) throw std::invalid_argument("usage: split_probe folds N SEED | holdout FRACTION SEED");
  const std::string kind = arguments[1];
  const NetworkKey key = make_key(std::stoull(arguments[3]), "probe");
  const std::vector<std::string> labels = read_labels();
  if (kind == "folds") {
    for (const FoldId fold : data::stratified_folds(labels, std::stoull(arguments[2]), key)) {
      std::cout << fold.value() << '\n';
    }
  } else {
    for (const data::Role role : data::holdout_split(labels, std::stod(arguments[2]), key)) {
      std::cout << static_cast<int>(role) << '\n';
    }
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "split_probe: " << error.what() << '\n';
  return 2;
}
