#include "inputs.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <sstream>
#include <system_error>

#include "cplae/core/error.hpp"
#include "cplae/core/hash.hpp"
#include "cplae/core/text.hpp"

namespace cplae::apps {

namespace fs = std::filesystem;

namespace {

/// What befalls a file system, not a user's file: the same command may succeed a minute later.
bool is_of_the_system(const std::error_code& error) {
  constexpr std::array mistakes{ENOENT, ENOTDIR, EACCES, EPERM, EISDIR, ELOOP, ENAMETOOLONG};
  return error && std::find(mistakes.begin(), mistakes.end(), error.value()) == mistakes.end();
}

/// The same of an error whose number is not known any more: by the system's words, which HDF5 passes on too.
bool tells_of_the_system(const std::string& text) {
  constexpr std::array failures{EIO,          ESTALE,    ETIMEDOUT,    ENOTCONN, ECONNRESET,
                                ECONNABORTED, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH,
                                ESHUTDOWN,    EREMOTEIO, ENXIO,        ENODEV,   ENOMEM,
                                EMFILE,       ENFILE,    EINTR,        EBUSY};
  return std::any_of(failures.begin(), failures.end(), [&](int failure) {
    return text.find(std::generic_category().message(failure)) != std::string::npos;
  });
}

}  // namespace

void require_file(const fs::path& path, const std::string& what) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    throw UsageError(what + " " + path.string() + ": there is no such file");
  if (fs::is_directory(status))
    throw UsageError(what + " " + path.string() + ": is a folder, expected a file");
  if (is_of_the_system(error)) throw IoError(what + " " + path.string() + ": " + error.message());
  if (error) throw UsageError(what + " " + path.string() + ": " + error.message());
  if (!fs::is_regular_file(status) && !fs::is_fifo(status))
    throw UsageError(what + " " + path.string() + ": is neither a file nor a pipe, expected a file");
}

void require_output(const Output& output) {
  const fs::path& path = output.path;
  const std::string name = output.option + " " + path.string();
  if (path.extension() != output.extension)
    throw UsageError(name + ": expected a name that ends in " + output.extension);
  std::error_code error;
  if (fs::is_directory(path, error)) throw UsageError(name + ": is a folder, expected a file name");
  if (fs::exists(path, error) && !output.replace)
    throw UsageError(name + ": is there already; --force replaces it");
  const fs::path folder = fs::absolute(path).parent_path();
  if (!fs::is_directory(folder, error)) throw UsageError(name + ": there is no folder " + folder.string());
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw UsageError(name + ": the folder may not be written: " + std::generic_category().message(errno));
}

std::vector<data::Source> parse_sources(const std::vector<std::string>& arguments) {
  std::vector<data::Source> sources;
  for (const auto& argument : arguments) {
    sources.push_back(data::parse_source(argument));
    require_file(sources.back().path, "data file");
  }
  return sources;
}

void require_apart(const std::string& option, const fs::path& path, const store::RunFolder& run,
                   const std::vector<data::Source>& run_data) {
  const std::string name = option + " " + path.string();
  std::error_code error;
  for (const auto& source : run_data)
    if (fs::equivalent(path, source.path, error))
      throw UsageError(name + ": is the run's own data file; expected another name");
  const fs::path place = fs::weakly_canonical(path).parent_path();
  for (const auto& own : {run.tables(), run.work(), run.figures()})
    if (place == fs::weakly_canonical(own))
      throw UsageError(name + ": lies among the run's own " + own.filename().string() +
                       "; expected another folder");
}

data::Dataset read_data(const std::vector<data::Source>& sources, const std::vector<std::string>& modalities,
                        data::ReadFor use) {
  try {
    return data::read_dataset(sources, modalities, use);
  } catch (const IoError& error) {
    if (tells_of_the_system(error.what())) throw;
    throw DataError(error.what());
  }
}

std::string data_sha256(const std::vector<data::Source>& sources) {
  if (sources.size() == 1) return sha256_file(sources.front().path);
  std::string all;
  for (const auto& source : sources)
    all += source.name + "=" + sha256_file(source.path) + "\n";
  return sha256_hex(std::as_bytes(std::span(all)));
}

std::string sources_text(const std::vector<data::Source>& sources) {
  std::vector<std::string> lines;
  for (const auto& source : sources)
    lines.push_back((source.name.empty() ? "" : source.name + "=") +
                    fs::absolute(source.path).lexically_normal().string());
  return join(lines, "\n");
}

std::string given_text(const std::vector<data::Source>& sources) {
  std::vector<std::string> texts;
  for (const auto& source : sources)
    texts.push_back((source.name.empty() ? "" : source.name + "=") + source.path.string());
  return join(texts, "; ");
}

std::vector<data::Source> sources_from(const std::string& text) {
  std::vector<data::Source> sources;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    sources.push_back(data::parse_source(line));
  return sources;
}

std::string describe(const data::Dataset& dataset) {
  std::string text = std::to_string(dataset.cells.size()) + " cells";
  for (const auto& modality : dataset.modalities) {
    const auto present = std::count(modality.present.begin(), modality.present.end(), std::uint8_t{1});
    text += (&modality == &dataset.modalities.front() ? "; " : ", ") + modality.name + " " +
            std::to_string(present) + " cells x " + std::to_string(modality.features.size()) + " features";
  }
  return text;
}

}  // namespace cplae::apps
