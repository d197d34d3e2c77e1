#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cplae/study/study.hpp"

namespace cplae::study {

/// Reads a study. `overrides` are `key=value` of --set: paths as in the file, array tables by name
/// (`experiment.cross_validation.folds=10`, `modality.E.alpha=2`), values as TOML (bare words are strings).
/// Throws UsageError, one line: file, the key's path, found, expected, the nearest known key.
[[nodiscard]] Study read_study(const std::filesystem::path& path,
                               const std::vector<std::string>& overrides = {});
/// As read_study, from text; `label` stands for the file in messages.
[[nodiscard]] Study parse_study(const std::string& text, const std::string& label,
                                const std::vector<std::string>& overrides = {});

/// The study of a run, from the text that the run has recorded (to_toml). A key that is not in it is one of a
/// later version, and stands as in the paper, whatever the recipe: so the run was made.
[[nodiscard]] Study parse_recorded(const std::string& text, const std::string& label);

/// The study as understood, every default written out; parse_study(to_toml(s)) == s. Byte-equal texts mean
/// equal studies.
[[nodiscard]] std::string to_toml(const Study& study);

/// The first key in which two studies differ, with both values ("coupling.lambda: 1.0 there, 0.5 here");
/// empty if none.
[[nodiscard]] std::string first_difference(const Study& there, const Study& here);

/// Reference of every key (path, type, default, meaning) as Markdown, from the same table that parses;
/// docs/study-keys.md is this text.
[[nodiscard]] std::string key_reference();

}  // namespace cplae::study
