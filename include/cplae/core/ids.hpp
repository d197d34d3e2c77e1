#pragma once
#include <compare>
#include <cstdint>
#include <functional>

namespace cplae {

/// An integer that knows what it counts: two ids of different tags do not convert into one another, so
/// swapped arguments do not compile.
template <class Tag>
class Id {
public:
  constexpr Id() = default;
  explicit constexpr Id(std::int64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::int64_t value() const { return value_; }
  /// The id as an index of a container; pre-condition: value() >= 0.
  [[nodiscard]] constexpr std::size_t index() const { return static_cast<std::size_t>(value_); }
  friend constexpr auto operator<=>(Id, Id) = default;

private:
  std::int64_t value_ = 0;
};

using CellIndex = Id<struct CellTag>;
using ModalityIndex = Id<struct ModalityTag>;
using VariantIndex = Id<struct VariantTag>;
using NetworkIndex = Id<struct NetworkTag>;
using FoldId = Id<struct FoldTag>;
using Rank = Id<struct RankTag>;
/// Key of a network's random streams (see core/random.hpp).
enum class NetworkKey : std::uint64_t {};

}  // namespace cplae

template <class Tag>
struct std::hash<cplae::Id<Tag>> {
  std::size_t operator()(cplae::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value()); }
};
