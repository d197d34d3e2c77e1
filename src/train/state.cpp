#include "cplae/train/state.hpp"

#include "cplae/core/log.hpp"
#include "cplae/core/record.hpp"

namespace cplae::train {

namespace {

template <class Number>
Array array_of(const std::vector<Number>& values) {
  return {{static_cast<std::int64_t>(values.size())}, values};
}

template <class Number>
const std::vector<Number>* find(const Record& record, const std::string& name) {
  const auto found = record.arrays.find(name);
  return found == record.arrays.end() ? nullptr : std::get_if<std::vector<Number>>(&found->second.values);
}

/// Takes an array whose size must be that of `target`.
template <class Number>
bool take(const Record& record, const std::string& name, std::vector<Number>& target) {
  const auto* values = find<Number>(record, name);
  if (values == nullptr || values->size() != target.size()) return false;
  target = *values;
  return true;
}

bool has_text(const Record& record, const std::string& name, const std::string& expected) {
  const auto found = record.text.find(name);
  return (found == record.text.end() ? std::string() : found->second) == expected;
}

bool take_progress(const Record& record, State& state) {
  const auto* steps = find<std::int64_t>(record, "steps");
  const auto* numbers = find<double>(record, "numbers");
  const auto* losses = find<float>(record, "losses");
  if (steps == nullptr || steps->size() != 2 || numbers == nullptr || numbers->size() != 2 ||
      losses == nullptr)
    return false;
  state.step = (*steps)[0];
  state.best_step = (*steps)[1];
  state.seconds = (*numbers)[0];
  state.best_loss = (*numbers)[1];
  state.losses = *losses;
  return true;
}

bool take_all(const Record& record, State& state) {
  return take(record, "parameters", state.now.weights.parameters) &&
         take(record, "moving", state.now.weights.moving) &&
         take(record, "first_moment", state.now.first_moment) &&
         take(record, "second_moment", state.now.second_moment) &&
         take(record, "term_sums", state.now.term_sums) &&
         take(record, "best_parameters", state.best_weights.parameters) &&
         take(record, "best_moving", state.best_weights.moving) &&
         take(record, "average_parameters", state.average.parameters) &&
         take(record, "average_moving", state.average.moving) && take_progress(record, state);
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Owner& owner, const State& state) {
  Record record;
  record.kind = "checkpoint";
  record.text["network"] = owner.network;
  record.text["identity"] = owner.identity;
  record.arrays["steps"] = array_of<std::int64_t>({state.step, state.best_step});
  record.arrays["numbers"] = array_of<double>({state.seconds, state.best_loss});
  record.arrays["losses"] = array_of(state.losses);
  record.arrays["term_sums"] = array_of(state.now.term_sums);
  record.arrays["parameters"] = array_of(state.now.weights.parameters);
  record.arrays["moving"] = array_of(state.now.weights.moving);
  record.arrays["first_moment"] = array_of(state.now.first_moment);
  record.arrays["second_moment"] = array_of(state.now.second_moment);
  record.arrays["best_parameters"] = array_of(state.best_weights.parameters);
  record.arrays["best_moving"] = array_of(state.best_weights.moving);
  record.arrays["average_parameters"] = array_of(state.average.parameters);
  record.arrays["average_moving"] = array_of(state.average.moving);
  write_record(path, record);
}

bool read_checkpoint(const std::filesystem::path& path, const Owner& owner, State& state) {
  const auto record = read_record(path, "checkpoint");
  if (!record) return false;
  State read = state;
  if (!has_text(*record, "network", owner.network) || !has_text(*record, "identity", owner.identity) ||
      !take_all(*record, read)) {
    log::warning(path.string() + ": is not a checkpoint of network " + owner.network +
                 " of this run; the network starts anew");
    return false;
  }
  state = std::move(read);
  return true;
}

}  // namespace cplae::train
