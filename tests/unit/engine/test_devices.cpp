// Which GPU a rank takes and with how many it shares it, and what follows for the trainer.
#include <gtest/gtest.h>

#include "cplae/core/error.hpp"
#include "cplae/engine/engine.hpp"

namespace cplae {
namespace {

TEST(Devices, EachRankKnowsWhoSharesItsGpu) {
  for (int gpus = 1; gpus <= 5; ++gpus)
    for (int ranks = 1; ranks <= 12; ++ranks)
      for (int rank = 0; rank < ranks; ++rank) {
        const model::Device device = model::gpu_of({rank, ranks}, gpus);
        EXPECT_EQ(device.kind, model::DeviceKind::cuda);
        EXPECT_EQ(device.index, rank % gpus);
        int sharers = 0;
        for (int other = 0; other < ranks; ++other)
          sharers += model::gpu_of({other, ranks}, gpus).index == device.index ? 1 : 0;
        EXPECT_EQ(device.sharers, sharers) << rank << " of " << ranks << " on " << gpus;
      }
}

TEST(Devices, AGpuThatNoTrainerCanUseIsRefusedInOneLine) {
  const model::Device no_such_gpu{model::DeviceKind::cuda, 1000};
  study::NetworkSpec spec;
  for (const auto trainer : {study::Trainer::automatic, study::Trainer::fused, study::Trainer::reference}) {
    spec.training.trainer = trainer;
    try {
      static_cast<void>(engine::choose_kind(spec, no_such_gpu));
      FAIL() << "expected a refusal";
    } catch (const UsageError& error) {
      const std::string line = error.what();
      EXPECT_NE(line.find("cuda:1000"), std::string::npos) << line;
      EXPECT_NE(line.find("expected"), std::string::npos) << line;
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }
  }
}

}  // namespace
}  // namespace cplae
