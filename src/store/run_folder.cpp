#include "cplae/store/run_folder.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "cplae/core/hash.hpp"

namespace cplae::store {

namespace {

constexpr std::size_t longest_name = 180;  // of 255: suffixes follow

bool is_allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.,=+-").find(c) != std::string_view::npos;
}

}  // namespace

std::string file_name(const std::string& id) {
  const bool has_safe_start = !id.empty() && id.front() != '.' && id.front() != '-';
  if (has_safe_start && id.size() <= longest_name && std::all_of(id.begin(), id.end(), is_allowed)) return id;
  std::array<char, 18> tail{};
  std::snprintf(tail.data(), tail.size(), "~%016llx", static_cast<unsigned long long>(hash64(id)));
  std::string name = id.substr(0, longest_name - (tail.size() - 1));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_allowed(c); }, '_');
  if (!has_safe_start && !name.empty()) name.front() = '_';
  return name + tail.data();
}

std::filesystem::path RunFolder::unit(UnitKind kind, const std::string& id) const {
  return units(kind) / (file_name(id) + ".unit");
}

std::filesystem::path RunFolder::checkpoint(const std::string& network_id) const {
  return units(UnitKind::network) / (file_name(network_id) + ".ckpt");
}

}  // namespace cplae::store
