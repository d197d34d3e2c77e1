#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cplae/reduce/context.hpp"
#include "cplae/reduce/frame.hpp"
#include "cplae/reduce/units.hpp"

namespace cplae::reduce {

/// The leading columns of every row of every table: which experiment, variant, settings and replicate it is
/// from.
class Keys {
public:
  explicit Keys(const Context& context);

  /// "experiment", "variant", "lambda", every other key that some experiment varies, "fold", "init"
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// Values for a network of the plan, of what its variant varies and of what it does not.
  [[nodiscard]] std::vector<std::string> of_network(std::size_t network) const;
  /// Values for a baseline on the split of a network: of the settings of networks it has latent_dim at most.
  [[nodiscard]] std::vector<std::string> of_baseline(const StatisticsUnit& unit) const;
  /// The same values without fold and init, for rows over replicates.
  [[nodiscard]] static std::vector<std::string> without_replicate(std::vector<std::string> keys);

private:
  const Context& context_;
  std::vector<std::string> paths_;  ///< of the keys that vary
  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> settings_;  ///< [variant][path]
};

/// One CSV file in the making.
class TableWriter {
public:
  TableWriter(const std::vector<std::string>& keys, const std::vector<std::string>& columns);
  void add_row(const std::vector<std::string>& keys, const std::vector<std::string>& values);
  /// Every row of a frame under the same keys.
  void add(const std::vector<std::string>& keys, const Frame& frame);
  /// Atomic. Throws IoError.
  void write(const std::filesystem::path& path) const;

private:
  std::string text_;
};

}  // namespace cplae::reduce
