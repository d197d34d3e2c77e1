#pragma once
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace cplae {

/// Place of each name in the list; of one that is there twice, the first place.
[[nodiscard]] inline std::unordered_map<std::string, std::size_t> places_of(
    const std::vector<std::string>& names) {
  std::unordered_map<std::string, std::size_t> places;
  places.reserve(names.size());
  for (std::size_t place = 0; place < names.size(); ++place)
    places.emplace(names[place], place);
  return places;
}

}  // namespace cplae
