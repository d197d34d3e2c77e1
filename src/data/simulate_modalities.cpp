#include "simulate_modalities.hpp"

#include <cmath>
#include <limits>

#include "cplae/data/transform.hpp"

namespace cplae::data {

namespace {

constexpr Eigen::Index private_dim = 2;
constexpr Eigen::Index hidden_units = 24;

std::vector<std::string> numbered(const std::string& prefix, std::size_t n) {
  const std::size_t width = std::to_string(n).size();
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= n; ++i) {
    const std::string number = std::to_string(i);
    names.push_back(prefix + std::string(width - number.size(), '0') + number);
  }
  return names;
}

Modality empty_modality(const std::string& name, const std::string& prefix, Eigen::Index cells,
                        std::size_t features) {
  return {.name = name,
          .features = numbered(prefix, features),
          .values = MatrixF::Zero(cells, static_cast<Eigen::Index>(features)),
          .present = std::vector<std::uint8_t>(static_cast<std::size_t>(cells), 1)};
}

/// The latents of the cells beside those that only this modality sees. [cells x d + private_dim]
MatrixD seen_latents(const MatrixD& latents, double private_sd, const std::string& name,
                     const SimulationStreams& streams) {
  MatrixD seen(latents.rows(), latents.cols() + private_dim);
  seen << latents, private_sd * streams.normal(name + "/private", latents.rows(), private_dim);
  return seen;
}

/// A random function of two layers, smooth and nonlinear: tanh(x B + b) A; each output has mean 0 and SD 1
/// over the cells.
MatrixD smooth_map(const MatrixD& inputs, Eigen::Index outputs, const std::string& name,
                   const SimulationStreams& streams) {
  const double input_scale = 1.0 / std::sqrt(static_cast<double>(inputs.cols() - private_dim));
  const MatrixD first = input_scale * streams.normal(name + "/first", inputs.cols(), hidden_units);
  const MatrixD bias = streams.normal(name + "/bias", 1, hidden_units);
  const MatrixD second = streams.normal(name + "/second", hidden_units, outputs);
  const MatrixD hidden = ((inputs * first).rowwise() + bias.row(0)).array().tanh().matrix();
  MatrixD out = hidden * second;
  out.rowwise() -= out.colwise().mean().eval();
  const Eigen::RowVectorXd sd = (out.colwise().squaredNorm() / static_cast<double>(out.rows())).cwiseSqrt();
  return out.array().rowwise() / sd.array().max(1e-12);
}

/// Mean share of each gene in a cell's counts, rows adding up to 1. [cells x genes]
MatrixD gene_shares(const CountSpec& spec, const MatrixD& latents, const SimulationStreams& streams) {
  const auto genes = static_cast<Eigen::Index>(spec.genes);
  MatrixD rate = smooth_map(seen_latents(latents, spec.private_sd, "T", streams), genes, "T", streams);
  const MatrixD level = spec.level_sd * streams.normal("T/level", 1, genes);
  // Gains are skewed: few genes tell types apart strongly, most do so weakly.
  const MatrixD gain = (0.6 * streams.normal("T/gain", 1, genes)).array().exp() * spec.gain;
  rate = ((rate.array().rowwise() * gain.row(0).array()).rowwise() + level.row(0).array()).exp();
  return rate.array().colwise() / rate.rowwise().sum().array();
}

/// One entry: a negative binomial count that dropout may lose, the more likely the less the gene is
/// expressed.
float draw_count(const CountSpec& spec, double share, double library, Draws draws) {
  const double count = draws.negative_binomial(share * library, spec.dispersion);
  const double chance_kept = share * 1e6 / (share * 1e6 + spec.dropout_half_cpm);
  return draws.uniform() < chance_kept ? static_cast<float>(count) : 0.0F;
}

}  // namespace

Modality simulate_counts(const CountSpec& spec, const MatrixD& latents, const SimulationStreams& streams) {
  Modality modality = empty_modality("T", "gene_", latents.rows(), spec.genes);
  const MatrixD shares = gene_shares(spec, latents, streams);
  const MatrixD spread = spec.library_sd * streams.normal("T/library", latents.rows(), 1);
  const double centre = std::log(spec.library_mean) - 0.5 * spec.library_sd * spec.library_sd;
  for (Eigen::Index i = 0; i < latents.rows(); ++i) {
    const double library = std::exp(centre + spread(i, 0));
    for (Eigen::Index j = 0; j < shares.cols(); ++j) {
      modality.values(i, j) =
          draw_count(spec, shares(i, j), library,
                     streams.draws("T/counts", static_cast<std::uint64_t>(i * shares.cols() + j)));
    }
  }
  return modality;
}

Modality simulate_continuous(const ContinuousSpec& spec, const MatrixD& latents,
                             const SimulationStreams& streams) {
  const auto features = static_cast<Eigen::Index>(spec.features);
  Modality modality = empty_modality(spec.name, spec.name + "_feature_", latents.rows(), spec.features);
  const MatrixD signal =
      smooth_map(seen_latents(latents, spec.private_sd, spec.name, streams), features, spec.name, streams);
  const MatrixD noise = streams.normal(spec.name + "/noise", latents.rows(), features);
  Draws reliability = streams.draws(spec.name + "/reliability");
  Draws missing = streams.draws(spec.name + "/missing");
  for (Eigen::Index j = 0; j < features; ++j) {
    // Between half and one and a half of the mean share, but never noise alone.
    const double share = std::min(0.95, spec.noise * (0.5 + reliability.uniform()));
    for (Eigen::Index i = 0; i < latents.rows(); ++i) {
      const double value = std::sqrt(1 - share) * signal(i, j) + std::sqrt(share) * noise(i, j);
      const bool is_missing = missing.uniform() < spec.missing_rate;
      modality.values(i, j) =
          is_missing ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(value);
    }
  }
  apply_transform(Transform::zscore, modality);
  return modality;
}

}  // namespace cplae::data
