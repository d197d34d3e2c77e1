#include "provenance.hpp"

#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/core/version.hpp"

namespace cplae::store {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* hash_key = "hash";

/// One table for writing and comparing: key, words for people, value.
struct Part {
  const char* key;
  const char* words;
  const std::string& value;
};

std::array<Part, 4> parts_of(const Identity& identity) {
  return {{{"data_sha256", "data file of SHA-256", identity.data_sha256},
           {"taxonomy_sha256", "taxonomy file of SHA-256", identity.taxonomy_sha256},
           {"trainer", "trainer", identity.trainer},
           {"device_kind", "kind of device", identity.device_kind}}};
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

Json slurm_variables() {
  Json found = Json::object();
  for (const char* name : {"SLURM_JOB_ID", "SLURM_RESTART_COUNT"})
    if (const char* value = std::getenv(name)) found[name] = value;
  return found;
}

Json session_entry(const Start& start) {
  std::error_code ignored;
  return {{"started", now_utc()},
          {"cplae", version()},
          {"git_commit", git_commit()},
          {"build", build_description()},
          {"libraries", start.libraries},
          {"command", start.command},
          {"working_folder", std::filesystem::current_path(ignored).string()},
          {"hosts", start.hosts},
          {"ranks", start.ranks},
          {"device", join(different_devices(start.devices), "; ")},
          {"data_path", start.data_path},
          {"slurm", slurm_variables()}};
}

/// Copies and texts of JSON are made by recursion, and an ordered object looks through all its keys for each
/// new one: depth and keys of what others wrote are counted while it is read.
class Bounds {
public:
  void see(int depth, Json::parse_event_t event) {
    if (depth > deepest) throw DataError("nested deeper than " + std::to_string(deepest));
    const auto level = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start) keys_.at(level + 1) = 0;
    if (event == Json::parse_event_t::key && ++keys_.at(level) > most_keys)
      throw DataError("more than " + std::to_string(most_keys) + " keys in one object");
  }

private:
  static constexpr int deepest = 16;
  static constexpr std::size_t most_keys = 1000;
  std::array<std::size_t, deepest + 2> keys_{};
};

Json parse(const std::string& text) {
  return parse_provenance(text, "provenance.json");
}

Json fresh(const Identity& identity, const Start& start) {
  Json json = {
      {"format", 1}, {"seed", start.seed}, {"identity", Json::object()}, {"sessions", Json::array()}};
  for (const Part& part : parts_of(identity))
    json["identity"][part.key] = part.value;
  return json;
}

}  // namespace

Json parse_provenance(const std::string& text, const std::string& label) {
  const std::string start = label + " cannot be read: ";
  try {
    Bounds bounds;
    const auto see = [&](int depth, Json::parse_event_t event, Json&) {
      bounds.see(depth, event);
      return true;
    };
    Json json = Json::parse(text, see);
    if (!json.at("identity").is_object()) throw DataError("'identity' is no object");
    if (!json.at("sessions").is_array()) throw DataError("'sessions' is no array");
    return json;
  } catch (const Json::exception& error) {
    throw DataError(start + one_line(error.what()));
  } catch (const DataError& error) {
    throw DataError(start + error.what());
  }
}

std::string provenance_text(const std::string& before, const Identity& identity, const Start& start) {
  Json json = before.empty() ? fresh(identity, start) : parse(before);
  if (!json["identity"].contains(hash_key)) json["identity"][hash_key] = identity_hash(identity);
  json["sessions"].push_back(session_entry(start));
  // A path that is no UTF-8 must not stop a run.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<std::string> identity_difference(const std::string& text, const Identity& identity) {
  const Json there = parse(text).at("identity");
  for (const Part& part : parts_of(identity)) {
    const auto found = there.find(part.key);
    const std::string value =
        found != there.end() && found->is_string() ? found->get<std::string>() : "nothing";
    if (value != part.value)
      return std::string(part.words) + " " + (value.empty() ? "(none)" : value) + " there, " +
             (part.value.empty() ? "(none)" : part.value) + " here";
  }
  return std::nullopt;
}

Identity identity_in(const std::string& text, const std::string& study_toml) {
  try {
    const Json there = parse(text).at("identity");
    return {.study_toml = study_toml,
            .data_sha256 = there.at("data_sha256").get<std::string>(),
            .taxonomy_sha256 = there.at("taxonomy_sha256").get<std::string>(),
            .trainer = there.at("trainer").get<std::string>(),
            .device_kind = there.at("device_kind").get<std::string>()};
  } catch (const Json::exception& error) {
    throw DataError(std::string("provenance.json cannot be read: ") + error.what());
  }
}

std::string recorded_identity(const std::string& text, const Identity& identity) {
  const Json there = parse(text).at("identity");
  const auto found = there.find(hash_key);
  const bool is_there = found != there.end() && found->is_string() && !found->get<std::string>().empty();
  return is_there ? found->get<std::string>() : identity_hash(identity);
}

std::vector<std::string> different_devices(const std::vector<std::string>& devices) {
  std::set<std::string> different;
  for (const auto& device : devices)
    different.insert(device.substr(0, device.find(':')));
  return {different.begin(), different.end()};
}

std::string machine_difference(const std::string& text, const Start& start) {
  const Json sessions = parse(text).at("sessions");
  const bool has_last = sessions.is_array() && !sessions.empty() && sessions.back().is_object();
  const Json last = has_last ? sessions.back() : Json::object();
  const Json libraries =
      last.contains("libraries") && last["libraries"].is_object() ? last["libraries"] : Json::object();
  if (!has_last) return "";
  std::vector<std::string> differences;
  const auto compare = [&](const std::string& what, const Json& there, const std::string& here) {
    const std::string before = there.is_string() ? there.get<std::string>() : "unknown";
    if (before != here) differences.push_back(what + " " + before + " then, " + here + " now");
  };
  compare("commit of cplae", last.value("git_commit", Json()), git_commit());
  compare("device", last.value("device", Json()), join(different_devices(start.devices), "; "));
  for (const auto& [name, version] : start.libraries)
    compare(name, libraries.value(name, Json()), version);
  return join(differences, "; ");
}

}  // namespace cplae::store
