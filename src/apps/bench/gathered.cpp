#include "apps/bench/gathered.hpp"

#include <map>
#include <numeric>

#include "apps/bench/gpu_sheet.hpp"
#include "apps/bench/peak.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"

namespace cplae::apps::bench {

namespace {

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

Floor floor_of_cores(const dist::Communicator& communicator, bool with_memory) {
  communicator.barrier();
  const CorePeak peak = measure_core_peak();
  const double memory = with_memory ? measure_memory_rate() : 0;
  return {.devices = static_cast<std::size_t>(communicator.size()),
          .name = processor_name(),
          .peak_gflops = sum(gather_numbers(communicator, peak.single_gflops)),
          .memory_rate = sum(gather_numbers(communicator, memory)),
          .instructions = peak.instructions};
}

Floor floor_of_gpus(const dist::Communicator& communicator, int index) {
  const auto sheet = gpu_sheet(index);
  const auto peaks = gather_numbers(communicator, sheet ? sheet->peak_gflops : 0);
  const auto places = communicator.gather(host_name() + ":" + std::to_string(index));
  std::map<std::string, double> peak_of;
  for (std::size_t rank = 0; rank < places.size(); ++rank)
    peak_of[places[rank]] = peaks[rank];
  Floor floor{.devices = peak_of.size(), .name = sheet ? sheet->name : "unknown"};
  for (const auto& [place, peak] : peak_of)
    floor.peak_gflops += peak;
  return floor;
}

}  // namespace

std::vector<double> gather_numbers(const dist::Communicator& communicator, double value) {
  std::vector<double> values;
  for (const auto& text : communicator.gather(number_text(value)))
    values.push_back(std::stod(text));
  return values;
}

Floor measure_floor(const dist::Communicator& communicator, const model::Device& device, bool with_memory) {
  return device.kind == model::DeviceKind::cuda ? floor_of_gpus(communicator, device.index)
                                                : floor_of_cores(communicator, with_memory);
}

}  // namespace cplae::apps::bench
