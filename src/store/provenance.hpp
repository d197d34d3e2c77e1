#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cplae/store/open_run.hpp"

namespace cplae::store {

/// The content of a provenance.json, with an object `identity` and an array `sessions`. Throws DataError
/// naming `label` when it is none, or nested or filled as no run does it (both would take nlohmann's JSON for
/// ever).
[[nodiscard]] nlohmann::ordered_json parse_provenance(const std::string& text, const std::string& label);

/// The text of provenance.json: `before` (empty for a new run) with one more entry in `sessions`. Throws
/// DataError when `before` is no provenance.
[[nodiscard]] std::string provenance_text(const std::string& before, const Identity& identity,
                                          const Start& start);

/// How the identity in the text of a provenance.json, study aside, differs from `identity`, in words; none if
/// it does not. Throws DataError when the text is no provenance.
[[nodiscard]] std::optional<std::string> identity_difference(const std::string& text,
                                                             const Identity& identity);

/// The identity in the text of a provenance.json, with the study that lies beside it. Throws DataError when
/// the text is no provenance, or a part is missing.
[[nodiscard]] Identity identity_in(const std::string& text, const std::string& study_toml);

/// The hash that units bear, from the text of a provenance.json; that of `identity` where it has none. Throws
/// DataError when the text is no provenance.
[[nodiscard]] std::string recorded_identity(const std::string& text, const Identity& identity);

/// The different devices of some ranks, sorted. GPUs are not told apart by their numbers.
[[nodiscard]] std::vector<std::string> different_devices(const std::vector<std::string>& devices);

/// What bits depend on beside the identity, and how the last session in the text of a provenance.json differs
/// in it from `start`: commit of cplae, device and libraries, in words; empty if it does not. Throws
/// DataError when the text is no provenance.
[[nodiscard]] std::string machine_difference(const std::string& text, const Start& start);

}  // namespace cplae::store
