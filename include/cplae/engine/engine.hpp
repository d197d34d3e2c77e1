#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/model/device.hpp"
#include "cplae/model/layout.hpp"
#include "cplae/study/networks.hpp"

namespace cplae::engine {

/// What one network learns from. All references outlive the engine.
struct Subject {
  const study::NetworkSpec& spec;
  const study::StudyData& data;
  const data::Split& split;  ///< batches are drawn from `train` cells; validation takes all the others
  NetworkKey key;            ///< of its random streams
};

/// All that a network in training is, on the host, in the order of its layout (model/layout.hpp).
struct State {
  model::Weights weights;
  std::vector<float> first_moment;   ///< of Adam, [parameter_floats]
  std::vector<float> second_moment;  ///< of Adam, [parameter_floats]
  std::vector<double> term_sums;     ///< training terms summed since they were last taken, [terms_of]
};

/// Terms of a loss: total, mean squared error of each modality, coupling of each pair (0,1), (0,2), ...
[[nodiscard]] std::size_t terms_of(const study::NetworkSpec& spec);

/// The state that training starts from: Glorot weights, moving variances 1, all else 0, but for the biases of
/// outputs that start from means (`output_bias`).
[[nodiscard]] State initial_state(const Subject& subject);

/// Trains one or more networks of one shape together on one device. What a network becomes depends on its
/// subject alone: not on its companions, nor on how its steps are cut into calls. One thread; local.
class Engine {
public:
  Engine() = default;
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] virtual std::size_t networks() const = 0;
  virtual void load(std::size_t network, const State& state) = 0;
  /// The state now; may wait for the device.
  [[nodiscard]] virtual State save(std::size_t network) = 0;
  [[nodiscard]] virtual model::Weights weights(std::size_t network) = 0;
  /// Sets the present weights of a network aside; on a device they stay there.
  virtual void keep(std::size_t network);
  /// Those that were last set aside, which some must have been.
  [[nodiscard]] virtual model::Weights kept(std::size_t network);

  /// Whether a device makes the steps while the host does something else.
  [[nodiscard]] virtual bool leaves_host_free() const { return false; }
  /// Steps that may be asked for in one call without keeping a signal waiting for long.
  [[nodiscard]] virtual std::int64_t stride() const { return 1; }
  /// Takes every network from step `from` to step `to`: steps from + 1 .. to (steps count from 1).
  virtual void advance(std::int64_t from, std::int64_t to) = 0;
  /// Sums of the training terms of every network since they were last taken, which become 0.
  /// [networks][terms_of]; not finite for a network that is no longer finite.
  [[nodiscard]] virtual std::vector<std::vector<double>> take_term_sums() = 0;
  /// Terms of the validation loss of every network at its present weights. [networks][terms_of]
  [[nodiscard]] virtual std::vector<std::vector<double>> validate() = 0;
  /// Latents of all cells with the given weights, inference mode: per modality [cells x latent], NaN where
  /// the cell lacks the modality.
  [[nodiscard]] virtual std::vector<MatrixF> latents(std::size_t network, const model::Weights& weights) = 0;

private:
  std::vector<model::Weights> kept_;  ///< [networks], of engines that set none aside elsewhere
};

/// How a network is trained. `reference`: torch with autograd, the measure of the others. `fused`: hand-made
/// steps, on a GPU many networks at once.
enum class Kind : unsigned char { reference, fused };

/// "reference", "fused"
[[nodiscard]] std::string kind_name(Kind kind);

/// The kind that trains a network of this spec on this device: what `training.trainer` says; its "auto" is
/// `fused` where this build has it for the device, else `reference`. Throws UsageError when `fused` is asked
/// for and not there, and when `reference` would need a GPU that torch cannot use.
[[nodiscard]] Kind choose_kind(const study::NetworkSpec& spec, const model::Device& device);

/// Most networks like this one that the engine of `kind` trains together on the device with gain, and for
/// which there is memory; 1 on the CPU.
[[nodiscard]] std::size_t most_together(Kind kind, const Subject& subject, const model::Device& device);

/// Subjects have one layout, batch size and precision, and one data set. Throws Error if they differ or are
/// more than the kind can train together, OutOfDeviceMemory.
[[nodiscard]] std::unique_ptr<Engine> make_engine(Kind kind, const std::vector<Subject>& subjects,
                                                  const model::Device& device);

}  // namespace cplae::engine
