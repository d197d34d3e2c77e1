#include "apps/bench/train_case.hpp"

#include <algorithm>

#include "apps/bench/shapes.hpp"
#include "apps/inputs.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/random.hpp"
#include "cplae/data/simulate.hpp"
#include "cplae/study/parse.hpp"
#include "cplae/study/supervision.hpp"

namespace cplae::apps::bench {

namespace {

constexpr std::uint64_t cohort_seed = 1;

data::SimulationSpec cohort_spec(const Shape& shape, const CaseOptions& options) {
  data::SimulationSpec spec = data::preset(shape.preset, options.modalities.value_or(2));
  spec.cells = options.cells.value_or(shape.cells);
  spec.counts.genes = options.genes.value_or(shape.genes);
  if (!spec.continuous.empty()) spec.continuous.front().features = shape.measured;
  // Few cells hold few types; the cost of a step depends on neither.
  spec.types = std::clamp<std::size_t>(spec.cells / spec.least_cells, 2, spec.types);
  spec.families = std::min(spec.families, spec.types);
  return spec;
}

study::Study study_for(const Shape& shape, const data::Dataset& cohort) {
  std::vector<std::string> names;
  for (const auto& modality : cohort.modalities)
    names.push_back(modality.name);
  study::Study study = study_of(shape, names);
  auto& folds = study.experiments.front().folds;
  folds = std::min(folds, static_cast<std::int64_t>(cohort.cells.size()));
  return study;
}

void require_no_shape(const CaseOptions& options) {
  if (options.cells || options.genes || options.modalities)
    throw UsageError("--cells, --genes and --modalities change a --shape; with --study the data decide");
  if (options.data.empty()) throw UsageError("--study " + options.study + ": its data are missing, --data");
}

void change(study::NetworkSpec& spec, const CaseOptions& options) {
  spec.training.latent_dim = options.latent_dim.value_or(spec.training.latent_dim);
  spec.training.batch = options.batch.value_or(spec.training.batch);
  spec.training.trainer = options.trainer;
  spec.training.precision = options.precision;
}

reduce::Context context_of_study(const CaseOptions& options) {
  require_no_shape(options);
  require_file(options.study, "study");
  study::Study study = study::read_study(options.study);
  change(study.base, options);
  data::Dataset dataset = read_data(parse_sources(options.data), study::source_names(study));
  return reduce::make_context(std::move(study), std::move(dataset));
}

reduce::Context context_of_shape(const CaseOptions& options) {
  if (!options.data.empty()) throw UsageError("--data goes with --study; a --shape simulates its own");
  const Shape& shape = shape_of(options.shape);
  const data::Cohort cohort = data::simulate(cohort_spec(shape, options), cohort_seed);
  study::Study study = study_for(shape, cohort.dataset);
  change(study.base, options);
  return reduce::make_context(std::move(study), cohort.dataset);
}

}  // namespace

TrainCase::TrainCase(const CaseOptions& options)
    : TrainCase(options.study.empty() ? context_of_shape(options) : context_of_study(options)) {}

TrainCase::TrainCase(reduce::Context context, const study::NetworkSpec& spec)
    : TrainCase(std::move(context)) {
  context_.study.base = study::taught(spec, context_.data);
  cost_ = network_cost(context_, spec);
}

TrainCase::TrainCase(reduce::Context context)
    : context_(std::move(context)), cost_(network_cost(context_, context_.study.base)) {
  context_.study.base = study::taught(context_.study.base, context_.data);
  for (const auto& network : context_.plan.networks)
    if (network.variant.index() == 0)
      splits_.push_back(study::split_of(context_.study, context_.plan, network, context_.labels));
}

std::vector<std::size_t> TrainCase::features() const {
  std::vector<std::size_t> features;
  for (std::size_t m = 0; m < spec().modalities.size(); ++m)
    features.push_back(context_.data.trained(m).features.size());
  return features;
}

engine::Subject TrainCase::subject(std::size_t number) const {
  return {spec(), context_.data, splits_[number % splits_.size()],
          make_key(context_.study.seed, "bench,network=" + std::to_string(number))};
}

}  // namespace cplae::apps::bench
