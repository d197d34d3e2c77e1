#include "engine/reference/losses.hpp"

#include <algorithm>

namespace cplae::engine {

namespace {

constexpr double least_divisor = 1e-2;
/// Fewer cells of a modality have no batch statistics.
constexpr std::int64_t least_rows = 2;

torch::Tensor gather(const torch::Tensor& tensor, const torch::Tensor& rows) {
  return rows.defined() ? tensor.index_select(0, rows) : tensor;
}

bool usable(const BatchPart& part) {
  return part.values.size(0) >= least_rows;
}

torch::Tensor scalar_zero(const Batch& batch) {
  return torch::zeros({}, batch.parts.front().values.options());
}

/// Mean over all entries, present or not, of the squared error of the present ones (the authors' rule);
/// `truth` is 0 where it is missing.
torch::Tensor mean_squared_error(const torch::Tensor& truth, const torch::Tensor& predicted,
                                 const torch::Tensor& observed) {
  return torch::mse_loss(observed.defined() ? predicted * observed : predicted, truth);
}

std::vector<std::int64_t> row_counts(const std::vector<torch::Tensor>& parts) {
  std::vector<std::int64_t> counts;
  for (const auto& part : parts)
    counts.push_back(part.size(0));
  return counts;
}

torch::Tensor centred(const torch::Tensor& latent) {
  return latent - latent.mean(0);
}

/// (least singular value of the column-centred sample)^2 / (rows - 1)
torch::Tensor least_variance(const torch::Tensor& latent) {
  const torch::Tensor values = std::get<1>(torch::linalg_svd(centred(latent), /*full_matrices=*/false));
  return values.min().square() / static_cast<double>(latent.size(0) - 1);
}

torch::Tensor variance_per_dimension(const torch::Tensor& latent) {
  return centred(latent).square().sum(0) / static_cast<double>(latent.size(0) - 1);
}

torch::Tensor raw_divisor(study::CouplingScale scale, const torch::Tensor& first,
                          const torch::Tensor& second) {
  switch (scale) {
    case study::CouplingScale::min_singular_value:
      return torch::minimum(least_variance(first), least_variance(second));
    case study::CouplingScale::per_dimension:
      return torch::minimum(variance_per_dimension(first), variance_per_dimension(second));
    case study::CouplingScale::norm:
      return torch::minimum(variance_per_dimension(first).sum(), variance_per_dimension(second).sum());
    case study::CouplingScale::none:
      break;
  }
  return torch::ones({}, first.options());
}

/// What a decoder is fed in one step: its own latent first, then those of the other modalities.
struct Feed {
  std::vector<torch::Tensor> latents;
  std::vector<torch::Tensor> rows;  ///< of the decoder's own part; undefined = all
  std::vector<torch::Tensor> keep;
};

class StepLoss {
public:
  StepLoss(CoupledAutoencoder& network, const study::NetworkSpec& spec, const Batch& batch,
           const Draws& draws)
      : network_(network), spec_(spec), batch_(batch), draws_(draws) {}

  LossTerms compute() {
    LossTerms terms;
    terms.total = scalar_zero(batch_);
    for (std::size_t m = 0; m < batch_.parts.size(); ++m)
      latents_.push_back(encode(m));
    for (std::size_t m = 0; m < batch_.parts.size(); ++m) {
      terms.reconstruction.push_back(scalar_zero(batch_));
      if (usable(batch_.parts[m])) reconstruct(m, terms);
    }
    couple(terms);
    return terms;
  }

private:
  torch::Tensor encode(std::size_t m) {
    if (!usable(batch_.parts[m])) return {};
    torch::Tensor input = batch_.parts[m].values;
    if (draws_.input_noise[m].defined()) input = input + draws_.input_noise[m];
    if (draws_.input_keep[m].defined()) input = input * draws_.input_keep[m];
    return network_.encoder(m).forward(input, /*training=*/true);
  }

  [[nodiscard]] const SharedRows& shared(std::size_t m, std::size_t other) const {
    return batch_.shared[pair_index(batch_.parts.size(), std::min(m, other), std::max(m, other))];
  }

  Feed feed(std::size_t m) {
    Feed feed{{latents_[m]}, {torch::Tensor()}, {draws_.decoder_keep[m][m]}};
    if (!spec_.coupling.augment_decoders || spec_.coupling.lambda <= 0) return feed;
    for (std::size_t s = 0; s < latents_.size(); ++s) {
      if (s == m || !latents_[s].defined()) continue;
      const SharedRows& rows = shared(m, s);
      if (rows.count == 0) continue;
      const torch::Tensor latent = spec_.coupling.augment_encoders ? latents_[s] : latents_[s].detach();
      feed.latents.push_back(gather(latent, m < s ? rows.second : rows.first));
      feed.rows.push_back(m < s ? rows.first : rows.second);
      feed.keep.push_back(draws_.decoder_keep[m][s]);
    }
    return feed;
  }

  /// One pass of the decoder over all that it is fed: fewer, larger products than one pass a source.
  void reconstruct(std::size_t m, LossTerms& terms) {
    const Feed all = feed(m);
    const torch::Tensor keep = all.keep.front().defined() ? torch::cat(all.keep) : torch::Tensor();
    const torch::Tensor decoded = network_.decoder(m).forward(torch::cat(all.latents), keep);
    const BatchPart& part = batch_.parts[m];
    // One split has one backward pass; a narrow for each source would fill and add a whole gradient each
    // time.
    const auto parts = decoded.split_with_sizes(row_counts(all.latents));
    for (std::size_t f = 0; f < parts.size(); ++f) {
      const torch::Tensor observed =
          part.observed.defined() ? gather(part.observed, all.rows[f]) : torch::Tensor();
      const torch::Tensor error = mean_squared_error(gather(part.values, all.rows[f]), parts[f], observed);
      if (f == 0) terms.reconstruction[m] = error;
      terms.total = terms.total + spec_.modalities[m].alpha * error;
    }
  }

  void couple(LossTerms& terms) {
    const std::size_t k = batch_.parts.size();
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = i + 1; j < k; ++j) {
        terms.coupling.push_back(coupling(i, j));
        if (spec_.coupling.lambda > 0)
          terms.total = terms.total + spec_.coupling.lambda * terms.coupling.back();
      }
  }

  torch::Tensor coupling(std::size_t i, std::size_t j) {
    const SharedRows& rows = shared(i, j);
    const bool enough = static_cast<std::int64_t>(rows.count) > spec_.training.latent_dim + 1;
    if (!enough || !latents_[i].defined() || !latents_[j].defined()) return scalar_zero(batch_);
    const torch::Tensor first = gather(latents_[i], rows.first);
    const torch::Tensor second = gather(latents_[j], rows.second);
    const torch::Tensor distance = (first - second).square();
    return (distance / coupling_divisor(spec_.coupling.scale, first, second)).sum(1).mean();
  }

  CoupledAutoencoder& network_;
  const study::NetworkSpec& spec_;
  const Batch& batch_;
  const Draws& draws_;
  std::vector<torch::Tensor> latents_;
};

}  // namespace

std::size_t pair_index(std::size_t modalities, std::size_t i, std::size_t j) {
  return i * (2 * modalities - i - 1) / 2 + (j - i - 1);
}

torch::Tensor coupling_divisor(study::CouplingScale scale, const torch::Tensor& first,
                               const torch::Tensor& second) {
  // torch's decomposition throws on what is not finite; the authors' rule for NaN is the least divisor.
  const bool finite = torch::isfinite(first.detach().sum() + second.detach().sum()).item<bool>();
  if (!finite) return torch::full({}, least_divisor, first.options());
  return raw_divisor(scale, first, second).clamp_min(least_divisor);
}

LossTerms training_loss(CoupledAutoencoder& network, const study::NetworkSpec& spec, const Batch& batch,
                        const Draws& draws) {
  return StepLoss(network, spec, batch, draws).compute();
}

LossTerms validation_loss(CoupledAutoencoder& network, const Batch& batch) {
  const torch::NoGradGuard no_gradient;
  LossTerms terms;
  terms.total = scalar_zero(batch);
  std::vector<torch::Tensor> latents;
  for (std::size_t m = 0; m < batch.parts.size(); ++m) {
    const BatchPart& part = batch.parts[m];
    terms.reconstruction.push_back(scalar_zero(batch));
    latents.push_back(network.encoder(m).forward(part.values, /*training=*/false));
    if (part.values.size(0) == 0) continue;
    const torch::Tensor decoded = network.decoder(m).forward(latents.back(), torch::Tensor());
    terms.reconstruction.back() = mean_squared_error(part.values, decoded, part.observed);
    terms.total = terms.total + terms.reconstruction.back();
  }
  for (std::size_t i = 0; i < latents.size(); ++i)
    for (std::size_t j = i + 1; j < latents.size(); ++j) {
      const SharedRows& rows = batch.shared[pair_index(latents.size(), i, j)];
      terms.coupling.push_back(scalar_zero(batch));
      if (rows.count == 0) continue;
      terms.coupling.back() =
          (gather(latents[i], rows.first) - gather(latents[j], rows.second)).square().mean();
      terms.total = terms.total + terms.coupling.back();
    }
  return terms;
}

}  // namespace cplae::engine
