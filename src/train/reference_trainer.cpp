#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "cplae/core/error.hpp"
#include "cplae/core/stopwatch.hpp"
#include "cplae/train/trainer.hpp"
#include "model/autoencoder.hpp"
#include "model/losses.hpp"
#include "train/adam.hpp"
#include "train/batches.hpp"
#include "train/draws.hpp"
#include "train/initial_weights.hpp"
#include "train/state.hpp"

namespace cplae::train {

namespace {

torch::Device torch_device(const model::Device& device) {
  if (device.kind == model::DeviceKind::cpu) return torch::kCPU;
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(device.index)};
}

std::vector<float> to_host(const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.detach().to(torch::kCPU).contiguous();
  return {host.data_ptr<float>(), host.data_ptr<float>() + host.numel()};
}

void from_host(const std::vector<float>& values, const torch::Tensor& target) {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor host = torch::empty({static_cast<std::int64_t>(values.size())});
  std::memcpy(host.data_ptr<float>(), values.data(), values.size() * sizeof(float));
  target.copy_(host);
}

std::vector<std::int64_t> feature_counts(const study::StudyData& data) {
  std::vector<std::int64_t> counts;
  for (const auto& modality : data.modalities)
    counts.push_back(modality.values.cols());
  return counts;
}

std::vector<std::int64_t> every_cell(const data::Split& split) {
  std::vector<std::int64_t> cells(split.size());
  for (std::size_t cell = 0; cell < cells.size(); ++cell)
    cells[cell] = static_cast<std::int64_t>(cell);
  return cells;
}

/// total, reconstruction of each modality, coupling of each pair
torch::Tensor term_vector(const model::LossTerms& terms) {
  std::vector<torch::Tensor> all{terms.total};
  all.insert(all.end(), terms.reconstruction.begin(), terms.reconstruction.end());
  all.insert(all.end(), terms.coupling.begin(), terms.coupling.end());
  return torch::stack(all).detach().to(torch::kFloat64);
}

std::vector<double> to_doubles(const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.to(torch::kCPU);
  return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

/// One network on one device, from its first step or from a checkpoint to its kept weights.
class ReferenceTrainer {
public:
  ReferenceTrainer(const Task& task, const model::Device& device, const Hooks& hooks)
      : task_(task),
        hooks_(hooks),
        device_(torch_device(device)),
        layout_(model::make_layout(task.spec, feature_counts(task.data))),
        network_(task.spec, layout_, model::make_buffers(layout_, device_)),
        adam_(network_.buffers().parameters, network_.buffers().gradients, task.spec.training.learning_rate),
        cells_(task.data, device_),
        training_cells_(train::training_cells(task.data, task.split)),
        held_out_(cells_.batch(cells_of(task.split, false))),
        draws_(task.spec, task.data, training_cells_, task.key, device_) {
    start();
  }

  Result run() {
    const auto& training = task_.spec.training;
    while (state_.step < training.steps && !failed_step_) {
      if (hooks_.stop && hooks_.stop()) {
        checkpoint();
        throw Stopped("network " + task_.id + " stopped at step " + std::to_string(state_.step));
      }
      step();
      if (state_.step % training.validate_every == 0 || state_.step == training.steps) validate();
      // A network that has failed is finished: a checkpoint of it would train on.
      if (!failed_step_ && since_checkpoint_.seconds() >= training.checkpoint_seconds) checkpoint();
    }
    return result();
  }

private:
  void start() {
    state_.weights = {initial_weights(layout_, task_.key), to_host(network_.buffers().moving)};
    state_.first_moment.assign(layout_.parameter_floats, 0.0F);
    state_.second_moment = state_.first_moment;
    state_.best_weights = state_.weights;
    state_.term_sums.assign(terms_per_side(), 0.0);
    if (!task_.checkpoint.empty() && read_checkpoint(task_.checkpoint, task_.id, state_))
      seconds_before_ = state_.seconds;
    from_host(state_.weights.parameters, network_.buffers().parameters);
    from_host(state_.weights.moving, network_.buffers().moving);
    from_host(state_.first_moment, adam_.first_moment());
    from_host(state_.second_moment, adam_.second_moment());
    term_sums_ = torch::tensor(state_.term_sums, torch::kFloat64).to(device_);
    first_step_here_ = state_.step;
  }

  [[nodiscard]] std::size_t terms_per_side() const {
    const std::size_t k = task_.spec.modalities.size();
    return 1 + k + k * (k - 1) / 2;
  }

  void step() {
    const std::int64_t number = state_.step + 1;
    const model::Batch batch =
        cells_.batch(draw_batch(training_cells_, task_.spec.training.batch, task_.key, number));
    const model::LossTerms terms =
        model::training_loss(network_, task_.spec, batch, draws_.draw(batch, number));
    network_.buffers().gradients.zero_();
    // A batch may hold too few cells of every modality: then there is nothing to learn from it.
    if (terms.total.requires_grad()) terms.total.backward();
    adam_.update(number);
    term_sums_.add_(term_vector(terms));
    state_.step = number;
  }

  void validate() {
    const auto& training = task_.spec.training;
    const std::int64_t since = (state_.step - 1) % training.validate_every + 1;
    const auto train_terms = to_doubles(term_sums_ / static_cast<double>(since));
    const auto validation_terms = to_doubles(term_vector(model::validation_loss(network_, held_out_)));
    term_sums_.zero_();
    record_losses(train_terms, validation_terms);
    if (!std::isfinite(train_terms[0]) || !std::isfinite(validation_terms[0])) {
      failed_step_ = state_.step;
      return;
    }
    keep_if_best(validation_terms[0]);
    if (hooks_.progress)
      hooks_.progress(state_.step, static_cast<double>(state_.step - first_step_here_) / here_.seconds());
  }

  void record_losses(const std::vector<double>& train_terms, const std::vector<double>& validation_terms) {
    state_.losses.push_back(static_cast<float>(state_.step));
    for (const double term : train_terms)
      state_.losses.push_back(static_cast<float>(term));
    for (const double term : validation_terms)
      state_.losses.push_back(static_cast<float>(term));
  }

  /// The best state from `keep_best_after` on; the last one if that lies beyond the end.
  void keep_if_best(double loss) {
    const auto& training = task_.spec.training;
    const bool counts = state_.step >= training.keep_best_after || training.keep_best_after > training.steps;
    const bool only_last = training.keep_best_after > training.steps;
    if (!counts || (only_last ? state_.step != training.steps : loss >= state_.best_loss)) return;
    state_.best_loss = loss;
    state_.best_step = state_.step;
    state_.best_weights = {to_host(network_.buffers().parameters), to_host(network_.buffers().moving)};
  }

  void checkpoint() {
    since_checkpoint_.reset();
    if (task_.checkpoint.empty()) return;
    state_.weights = {to_host(network_.buffers().parameters), to_host(network_.buffers().moving)};
    state_.first_moment = to_host(adam_.first_moment());
    state_.second_moment = to_host(adam_.second_moment());
    state_.term_sums = to_doubles(term_sums_);
    state_.seconds = seconds_before_ + here_.seconds();
    write_checkpoint(task_.checkpoint, task_.id, state_);
  }

  Result result() {
    Result result;
    result.finite = !failed_step_.has_value();
    result.failed_step = failed_step_.value_or(-1);
    result.steps = state_.step;
    result.best_step = state_.best_step;
    result.weights = state_.best_weights;
    const auto columns = static_cast<Eigen::Index>(1 + 2 * terms_per_side());
    result.losses = Eigen::Map<const MatrixF>(
        state_.losses.data(), static_cast<Eigen::Index>(state_.losses.size()) / columns, columns);
    result.latents = latents();
    result.seconds = seconds_before_ + here_.seconds();
    return result;
  }

  std::vector<MatrixF> latents() {
    const torch::NoGradGuard no_gradient;
    from_host(state_.best_weights.parameters, network_.buffers().parameters);
    from_host(state_.best_weights.moving, network_.buffers().moving);
    std::vector<MatrixF> all;
    const auto everyone = every_cell(task_.split);
    for (std::size_t m = 0; m < cells_.modalities(); ++m) {
      all.push_back(MatrixF::Constant(static_cast<Eigen::Index>(everyone.size()),
                                      task_.spec.training.latent_dim,
                                      std::numeric_limits<float>::quiet_NaN()));
      if (failed_step_) continue;
      const model::BatchPart part = cells_.part(m, everyone);
      const auto values = to_host(network_.encoder(m).forward(part.values, /*training=*/false));
      const Eigen::Map<const MatrixF> rows(values.data(), static_cast<Eigen::Index>(part.slots.size()),
                                           all[m].cols());
      for (Eigen::Index row = 0; row < rows.rows(); ++row)
        all[m].row(part.slots[static_cast<std::size_t>(row)]) = rows.row(row);
    }
    return all;
  }

  const Task& task_;
  const Hooks& hooks_;
  torch::Device device_;
  model::Layout layout_;
  model::CoupledAutoencoder network_;
  Adam adam_;
  Cells cells_;
  std::vector<std::int64_t> training_cells_;
  model::Batch held_out_;
  DrawMaker draws_;
  State state_;
  torch::Tensor term_sums_;  ///< [terms] float64 on the device
  std::optional<std::int64_t> failed_step_;
  double seconds_before_ = 0;
  std::int64_t first_step_here_ = 0;
  Stopwatch here_;
  Stopwatch since_checkpoint_;
};

}  // namespace

std::vector<std::string> loss_names(const study::NetworkSpec& spec) {
  std::vector<std::string> names{"step"};
  for (const std::string side : {"train_", "validation_"}) {
    names.push_back(side + "total");
    for (const auto& modality : spec.modalities)
      names.push_back(side + "mse_" + modality.name);
    for (std::size_t i = 0; i < spec.modalities.size(); ++i)
      for (std::size_t j = i + 1; j < spec.modalities.size(); ++j)
        names.push_back(side + "coupling_" + spec.modalities[i].name + "_" + spec.modalities[j].name);
  }
  return names;
}

Result train_network(const Task& task, const model::Device& device, const Hooks& hooks) {
  return ReferenceTrainer(task, device, hooks).run();
}

}  // namespace cplae::train
