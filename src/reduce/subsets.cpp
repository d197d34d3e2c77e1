#include "subsets.hpp"

#include <algorithm>
#include <bit>

#include "cplae/study/shared_space.hpp"

namespace cplae::reduce {

namespace {

/// Places of the bits that are set.
Subset subset_of(unsigned bits) {
  Subset subset;
  for (std::size_t place = 0; bits >> place != 0; ++place)
    if ((bits >> place & 1U) != 0) subset.push_back(place);
  return subset;
}

std::vector<Subset> all_joint_subsets(std::size_t modalities) {
  std::vector<Subset> subsets;
  for (unsigned bits = 0; bits < 1U << modalities; ++bits)
    if (std::popcount(bits) > 1) subsets.push_back(subset_of(bits));
  std::sort(subsets.begin(), subsets.end(), [](const Subset& a, const Subset& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return subsets;
}

Subset all_but(std::size_t left_out, std::size_t modalities) {
  Subset subset;
  for (std::size_t m = 0; m < modalities; ++m)
    if (m != left_out) subset.push_back(m);
  return subset;
}

std::vector<Subset> pairs_and_complements(std::size_t modalities) {
  std::vector<Subset> subsets;
  for (std::size_t a = 0; a < modalities; ++a)
    for (std::size_t b = a + 1; b < modalities; ++b)
      subsets.push_back({a, b});
  for (std::size_t m = modalities; m > 0; --m)
    subsets.push_back(all_but(m - 1, modalities));
  subsets.push_back(all_but(modalities, modalities));
  return subsets;
}

}  // namespace

std::vector<Subset> single_modalities(std::size_t modalities) {
  std::vector<Subset> subsets;
  for (std::size_t m = 0; m < modalities; ++m)
    subsets.push_back({m});
  return subsets;
}

std::vector<Subset> joint_subsets(std::size_t modalities) {
  if (modalities < 3) return {};
  return modalities <= most_with_all_subsets ? all_joint_subsets(modalities)
                                             : pairs_and_complements(modalities);
}

std::vector<Subset> all_sources(std::size_t modalities) {
  std::vector<Subset> sources = single_modalities(modalities);
  const auto joint = joint_subsets(modalities);
  sources.insert(sources.end(), joint.begin(), joint.end());
  return sources;
}

std::vector<Subset> sources_of(const study::NetworkSpec& spec, std::size_t modalities) {
  return study::share_space(spec) ? all_sources(modalities) : single_modalities(modalities);
}

bool holds(const Subset& subset, std::size_t modality) {
  return std::find(subset.begin(), subset.end(), modality) != subset.end();
}

bool is_predicted(const Subset& from, std::size_t to) {
  return from.size() == 1 || !holds(from, to);
}

data::Modality together(const std::vector<data::Modality>& modalities, const Subset& subset) {
  data::Modality joint{.name = {}, .features = {}, .values = {}, .present = {}};
  for (const std::size_t m : subset) {
    const auto& own = modalities[m];
    joint.name += (joint.name.empty() ? "" : "+") + own.name;
    if (joint.present.empty()) joint.present.assign(own.present.size(), 1);
    for (std::size_t cell = 0; cell < own.present.size(); ++cell)
      if (own.present[cell] == 0) joint.present[cell] = 0;
  }
  return joint;
}

data::Modality side_by_side(const std::vector<data::Modality>& modalities, const Subset& subset) {
  data::Modality joint = together(modalities, subset);
  Eigen::Index columns = 0;
  for (const std::size_t m : subset)
    columns += modalities[m].values.cols();
  joint.values.resize(static_cast<Eigen::Index>(joint.present.size()), columns);
  Eigen::Index first = 0;
  for (const std::size_t m : subset) {
    const auto& own = modalities[m];
    joint.features.insert(joint.features.end(), own.features.begin(), own.features.end());
    joint.values.middleCols(first, own.values.cols()) = own.values;
    first += own.values.cols();
  }
  return joint;
}

MatrixF mean_latents(const std::vector<MatrixF>& latents, const Subset& subset) {
  MatrixF mean = latents[subset.front()];
  for (std::size_t i = 1; i < subset.size(); ++i)
    mean += latents[subset[i]];
  return mean / static_cast<float>(subset.size());
}

}  // namespace cplae::reduce
