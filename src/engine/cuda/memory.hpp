#pragma once
#include <memory>
#include <vector>

#include "engine/cuda/backend.hpp"
#include "engine/cuda/plan.hpp"

namespace cplae::engine::cuda {

/// A copy of the numbers in the backend's memory; null for none.
template <class T>
[[nodiscard]] T* put(Backend& backend, const std::vector<T>& values) {
  if (values.empty()) return nullptr;
  auto* const there = static_cast<T*>(backend.allocate(values.size() * sizeof(T)));
  backend.upload(there, values.data(), values.size() * sizeof(T));
  return there;
}

template <class T>
[[nodiscard]] T* room(Backend& backend, std::size_t count) {
  return static_cast<T*>(backend.allocate(count * sizeof(T)));
}

/// The data and all networks of a group in the backend's memory, with room for one network more, whose
/// held-out cells are all cells.
[[nodiscard]] Group make_group(Backend& backend, const Plan& plan, const std::vector<Subject>& subjects);

}  // namespace cplae::engine::cuda
