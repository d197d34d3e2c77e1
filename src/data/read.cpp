#include "cplae/data/read.hpp"

#include <algorithm>

#include "anndata_names.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/limits.hpp"
#include "cplae/core/text.hpp"
#include "frame.hpp"
#include "matrix_read.hpp"
#include "merge.hpp"
#include "taxonomy_read.hpp"

namespace cplae::data {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string encoding_of(const h5::Handle& object) {
  return h5::text_attribute(object, "encoding-type").value_or("");
}

/// The modalities that are asked for; all, where one of them is missing, so that a message can name what
/// there is.
class Wanted {
public:
  Wanted(const std::vector<std::string>& wanted, const std::vector<std::string>& there) : wanted_(wanted) {
    for (const auto& name : wanted)
      all_ = all_ || std::find(there.begin(), there.end(), name) == there.end();
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return all_ || wanted_.empty() || std::find(wanted_.begin(), wanted_.end(), name) != wanted_.end();
  }

private:
  const std::vector<std::string>& wanted_;
  bool all_ = false;
};

std::optional<Taxonomy> stored_taxonomy(const h5::Handle& group, ReadFor use) {
  return use == ReadFor::training ? read_stored_taxonomy(group) : std::nullopt;
}

/// An AnnData group: the root of an .h5ad file or a member of `mod`.
Part read_anndata(const h5::Handle& group, const std::string& name, const Wanted& wanted) {
  const std::string kind = encoding_of(group);
  if (!kind.empty() && lower(kind) != "anndata")
    throw DataError(h5::where(group) + ": encoding '" + kind + "', expected anndata");
  Part part;
  part.name = name;
  part.where = h5::where(group);
  part.cells = read_index(group, "obs", "cell");
  part.obs = read_columns(group, "obs", part.cells.size());
  part.is_used = wanted.has(name);
  if (!part.is_used) return part;
  part.features = read_index(group, "var", "feature");
  part.values = read_matrix(group, {.cells = part.cells.size(), .features = part.features.size()});
  return part;
}

void check_axis(const h5::Handle& file) {
  const auto axis = h5::integers_attribute(file, "axis");
  if (axis && (axis->size() != 1 || axis->front() > 0))
    throw DataError(h5::where(file) + ": attribute 'axis' is " +
                    (axis->size() == 1 ? std::to_string(axis->front()) : "no number") +
                    ", expected 0 (modalities that share cells, not features)");
}

/// What all the data may take.
std::uint64_t memory_of(const std::vector<Source>& sources) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& source : sources)
    bytes += limits::memory_bytes(std::filesystem::file_size(source.path, error));
  return bytes;
}

Parts read_mudata(const h5::Handle& file, const std::filesystem::path& path,
                  const std::vector<std::string>& modalities, ReadFor use) {
  check_axis(file);
  Parts all;
  all.use = use;
  all.where = h5::where(file, "mod");
  all.memory_bytes = memory_of({{.path = path, .name = ""}});
  if (h5::has(file, "obs")) {
    all.cells = read_index(file, "obs", "cell");
    all.obs = read_columns(file, "obs", all.cells->size());
  }
  all.taxonomy = stored_taxonomy(file, use);
  const auto names = modality_names(file);
  const Wanted wanted(modalities, names);
  for (const auto& name : names) {
    const h5::Handle group = h5::open_group(file, "mod/" + name);
    all.parts.push_back(read_anndata(group, name, wanted));
    if (!all.taxonomy) all.taxonomy = stored_taxonomy(group, use);
  }
  return all;
}

std::string name_of(const Source& source) {
  return source.name.empty() ? source.path.stem().string() : source.name;
}

Parts read_anndatas(const std::vector<Source>& sources, const std::vector<std::string>& modalities,
                    ReadFor use) {
  std::vector<std::string> names;
  for (const auto& source : sources)
    names.push_back(name_of(source));
  const Wanted wanted(modalities, names);
  Parts all;
  all.use = use;
  all.where = "the data";
  all.memory_bytes = memory_of(sources);
  for (const auto& source : sources) {
    const h5::Handle file = h5::open_file(source.path);
    if (is_mudata(file))
      throw UsageError(
          source.path.string() + ": is one of " + std::to_string(sources.size()) +
          " data files but holds several modalities; expected one .h5mu file, or .h5ad files only");
    const h5::Handle root = h5::open_group(file, "/");
    all.parts.push_back(read_anndata(root, name_of(source), wanted));
    if (!all.taxonomy) all.taxonomy = stored_taxonomy(root, use);
  }
  return all;
}

}  // namespace

bool is_mudata(const h5::Handle& file) {
  return lower(encoding_of(file)) == "mudata" || h5::has(file, "mod");
}

std::vector<std::string> modality_names(const h5::Handle& file) {
  const h5::Handle mod = h5::open_group(file, "mod");
  std::vector<std::string> rest = h5::members(mod);
  std::vector<std::string> names;
  for (const auto& name : h5::texts_attribute(mod, "mod-order").value_or(std::vector<std::string>())) {
    const auto at = std::find(rest.begin(), rest.end(), name);
    if (at == rest.end())
      throw DataError(h5::where(mod) + ": attribute 'mod-order' names '" + name +
                      "', expected each modality once: " + join(h5::members(mod), ", "));
    rest.erase(at);
    names.push_back(name);
  }
  names.insert(names.end(), rest.begin(), rest.end());
  return names;
}

Source parse_source(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  std::error_code error;
  // A path may hold '=' itself: what is there as a file is a path.
  if (equals == std::string::npos || argument.find('/') < equals || std::filesystem::exists(argument, error))
    return {.path = argument, .name = ""};
  if (equals == 0 || equals + 1 == argument.size())
    throw UsageError("--data '" + argument + "': expected PATH or MODALITY=PATH");
  return {.path = argument.substr(equals + 1), .name = argument.substr(0, equals)};
}

Dataset read_dataset(const std::vector<Source>& sources, const std::vector<std::string>& modalities,
                     ReadFor use) {
  if (sources.empty())
    throw UsageError("no data file given, expected one .h5mu file or one or more .h5ad files");
  if (sources.size() == 1) {
    const h5::Handle file = h5::open_file(sources.front().path);
    if (is_mudata(file)) {
      if (!sources.front().name.empty())
        throw UsageError(sources.front().path.string() + ": holds several modalities, so the name '" +
                         sources.front().name + "' cannot be given to it");
      return merge_parts(read_mudata(file, sources.front().path, modalities, use));
    }
  }
  return merge_parts(read_anndatas(sources, modalities, use));
}

}  // namespace cplae::data
