#pragma once
// All kernels by their names, for whoever launches them.
#include "engine/cuda/chain.hpp"
#include "engine/cuda/couple.hpp"
#include "engine/cuda/draw.hpp"
#include "engine/cuda/finish.hpp"
#include "engine/cuda/norm.hpp"
#include "engine/cuda/products.hpp"

namespace cplae::engine::cuda {

/// A kernel as a type: its threads, its shared memory, and its text.
struct DrawKernel {
  static constexpr int threads = wide;
  using Shared = DrawShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    draw_kernel(block, shared, launch);
  }
};

struct InputKernel {
  static constexpr int threads = wide;
  struct Shared {
    int none;
  };
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared&, const Launch& launch) {
    input_kernel(block, launch);
  }
};

template <bool WithTensor>
struct ForwardKernel {
  static constexpr int threads = tile_threads;
  using Shared = TileShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    forward_kernel<WithTensor>(block, shared, launch);
  }
};

template <bool WithTensor>
struct ForwardChainKernel {
  static constexpr int threads = tile_threads;
  using Shared = ChainShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    forward_chain_kernel<WithTensor>(block, shared, launch);
  }
};

struct NormaliseKernel {
  static constexpr int threads = wide;
  using Shared = NormShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    normalise_kernel(block, shared, launch);
  }
};

struct CoupleKernel {
  static constexpr int threads = wide;
  using Shared = CoupleShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    couple_kernel(block, shared, launch);
  }
};

template <bool WithTensor>
struct BackKernel {
  static constexpr int threads = tile_threads;
  using Shared = TileShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    back_kernel<WithTensor>(block, shared, launch);
  }
};

template <bool WithTensor>
struct BackChainKernel {
  static constexpr int threads = tile_threads;
  using Shared = ChainShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    back_chain_kernel<WithTensor>(block, shared, launch);
  }
};

struct NormaliseBackKernel {
  static constexpr int threads = wide;
  using Shared = NormShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    normalise_back_kernel(block, shared, launch);
  }
};

template <bool WithTensor>
struct WeightsKernel {
  static constexpr int threads = tile_threads;
  using Shared = TileShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    weights_kernel<WithTensor>(block, shared, launch);
  }
};

struct FinishKernel {
  static constexpr int threads = wide;
  using Shared = FinishShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    finish_kernel(block, shared, launch);
  }
};

struct JudgeKernel {
  static constexpr int threads = wide;
  using Shared = FinishShared;
  template <class Block>
  CPLAE_DEVICE static void run(const Block& block, Shared& shared, const Launch& launch) {
    judge_kernel(block, shared, launch);
  }
};

/// Calls start(K{}) with the type of a launch's kernel.
template <class Start>
void with_kernel(Kernel kernel, bool tensor, const Start& start) {
  switch (kernel) {
    case Kernel::draw:
      return start(DrawKernel{});
    case Kernel::input:
      return start(InputKernel{});
    case Kernel::forward:
      return tensor ? start(ForwardKernel<true>{}) : start(ForwardKernel<false>{});
    case Kernel::forward_chain:
      return tensor ? start(ForwardChainKernel<true>{}) : start(ForwardChainKernel<false>{});
    case Kernel::normalise:
      return start(NormaliseKernel{});
    case Kernel::couple:
      return start(CoupleKernel{});
    case Kernel::back:
      return tensor ? start(BackKernel<true>{}) : start(BackKernel<false>{});
    case Kernel::back_chain:
      return tensor ? start(BackChainKernel<true>{}) : start(BackChainKernel<false>{});
    case Kernel::normalise_back:
      return start(NormaliseBackKernel{});
    case Kernel::weights:
      return tensor ? start(WeightsKernel<true>{}) : start(WeightsKernel<false>{});
    case Kernel::finish:
      return start(FinishKernel{});
    case Kernel::judge:
      return start(JudgeKernel{});
  }
}

}  // namespace cplae::engine::cuda
