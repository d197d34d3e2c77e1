#pragma once
#include <string>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/study/parse.hpp"

namespace cplae::study::test {

/// A small study with two modalities and both kinds of experiment; lines are counted from 1 in messages.
inline std::string small_study() {
  return R"([study]
name = "small"
[[modality]]
name = "T"
dropout = 0.5
[[modality]]
name = "E"
alpha = 2
[coupling]
lambda = 1
[training]
steps = 1000
[labels]
column = "leaf"
taxonomy = "data"
[[experiment]]
name = "cv"
folds = 4
vary."coupling.lambda" = [0, 0.5]
[[experiment]]
name = "consensus"
kind = "repeats"
initialisations = 3
)";
}

/// The text with one passage replaced by another; an empty `from` appends.
inline std::string edited(const std::string& from, const std::string& to) {
  std::string text = small_study();
  if (from.empty()) return text + to;
  return text.replace(text.find(from), from.size(), to);
}

/// The message with which a text is refused; empty where it is not.
inline std::string error_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    static_cast<void>(parse_study(text, "s.toml", overrides));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace cplae::study::test
