#include "identity.hpp"

#include <span>

#include "cplae/core/files.hpp"
#include "cplae/core/hash.hpp"
#include "cplae/store/open_run.hpp"
#include "cplae/study/panels.hpp"
#include "cplae/study/parse.hpp"
#include "provenance.hpp"

namespace cplae::store {

study::Study with_free_keys(study::Study study, const study::Study& other, const std::string& trainer) {
  study.name = other.name;
  // All that a recipe says stands in the study's text.
  study.recipe = other.recipe;
  study.base.training.checkpoint_seconds = other.base.training.checkpoint_seconds;
  study::adopt_panels(study, other);
  if (trainer.find('+') == std::string::npos) study.base.training.trainer = other.base.training.trainer;
  return study;
}

std::string identity_hash(const Identity& identity) {
  const study::Study named = study::parse_recorded(identity.study_toml, "study");
  const std::string text = study::to_toml(with_free_keys(named, study::Study(), identity.trainer)) +
                           "\ndata " + identity.data_sha256 + "\ntaxonomy " + identity.taxonomy_sha256 +
                           "\ntrainer " + identity.trainer + "\ndevice " + identity.device_kind + "\n";
  return sha256_hex(std::as_bytes(std::span(text)));
}

std::string recorded_identity(const RunFolder& folder) {
  const std::string text = read_file(folder.provenance(), largest_text_bytes);
  return recorded_identity(text, identity_in(text, read_file(folder.study(), largest_text_bytes)));
}

}  // namespace cplae::store
