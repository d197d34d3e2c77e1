#pragma once
#include <string>
#include <vector>

#include "cplae/study/study.hpp"

namespace cplae::study {

/// One key of a study as its canonical text says it.
struct Line {
  std::string key;    ///< as TOML: "lambda", "vary."coupling.lambda""
  std::string value;  ///< as TOML
};

/// One table of a study as its canonical text says it.
struct Section {
  std::string header;  ///< "[coupling]", "[[modality]]"
  std::string path;    ///< "coupling", "modality.E"
  std::vector<Line> lines;
};

/// Every key of a study, every default written out, in the order of the tables of fields.
[[nodiscard]] std::vector<Section> sections_of(const Study& study);

}  // namespace cplae::study
