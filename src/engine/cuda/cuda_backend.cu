// The GPU: kernels, memory, launches and their recording as graphs. The only file that nvcc compiles.
#include <cuda_runtime.h>

#include <string>
#include <vector>

#include "cplae/core/error.hpp"
#include "engine/cuda/cuda_backend.hpp"
#include "engine/cuda/kernels.hpp"

namespace cplae::engine::cuda {

namespace {

/// Steps of the larger of the two graphs: what starting a graph costs is shared by them.
constexpr std::int64_t steps_of_a_graph = 10;

void check(cudaError_t code, const char* what) {
  if (code == cudaSuccess) return;
  const std::string text =
      std::string("GPU: ") + what + ": " + cudaGetErrorString(code) + " (" + cudaGetErrorName(code) + ")";
  if (code == cudaErrorMemoryAllocation) throw OutOfDeviceMemory(text);
  throw Error(text);
}

/// Blocks of a multiprocessor that registers must suffice for: products hide the way to memory behind each
/// other.
template <class Here>
constexpr int resident = Here::threads == tile_threads ? 4 : 1;

template <class Here>
__global__ void __launch_bounds__(Here::threads, resident<Here>)
    on_device(const __grid_constant__ Launch launch) {
  __shared__ typename Here::Shared shared;
  const DeviceBlock<Here::threads> block;
  Here::run(block, shared, launch);
}

/// Launches and copies, one after the other.
class Queue {
public:
  Queue() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }
  ~Queue() { cudaStreamDestroy(stream_); }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  [[nodiscard]] cudaStream_t get() const { return stream_; }

private:
  cudaStream_t stream_ = nullptr;
};

/// Whoever waits for it sleeps.
class Event {
public:
  Event() {
    check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming | cudaEventBlockingSync),
          "making an event");
  }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  [[nodiscard]] cudaEvent_t get() const { return event_; }

private:
  cudaEvent_t event_ = nullptr;
};

/// A device as the current one of this thread, whose waiting ranks sleep rather than spin on a core.
int open_device(int device) {
  check(cudaSetDevice(device), "choice of the device");
  check(cudaSetDeviceFlags(cudaDeviceScheduleBlockingSync), "asking for waits that sleep");
  return device;
}

/// A recorded row of launches.
class Graph {
public:
  ~Graph() {
    if (runnable_ != nullptr) cudaGraphExecDestroy(runnable_);
  }
  [[nodiscard]] bool is_recorded() const { return runnable_ != nullptr; }
  void record(cudaStream_t stream, const std::function<void()>& launches) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording of a step");
    try {
      launches();
    } catch (...) {
      cudaGraph_t broken = nullptr;
      cudaStreamEndCapture(stream, &broken);
      if (broken != nullptr) cudaGraphDestroy(broken);
      throw;
    }
    cudaGraph_t graph = nullptr;
    check(cudaStreamEndCapture(stream, &graph), "recording of a step");
    const cudaError_t code = cudaGraphInstantiate(&runnable_, graph, 0);
    cudaGraphDestroy(graph);
    check(code, "making a graph of a step");
  }
  void start(cudaStream_t stream) const { check(cudaGraphLaunch(runnable_, stream), "start of a graph"); }

private:
  cudaGraphExec_t runnable_ = nullptr;
};

class CudaBackend final : public Backend {
public:
  explicit CudaBackend(const CudaOptions& options)
      : device_(open_device(options.device)), graphs_(options.graphs) {}
  ~CudaBackend() override {
    cudaSetDevice(device_);
    cudaStreamSynchronize(stream_.get());
    for (void* memory : memory_)
      cudaFree(memory);
  }

  [[nodiscard]] void* allocate(std::size_t bytes) override {
    here();
    void* memory = nullptr;
    const std::string what = "memory for a group of networks, " + std::to_string(bytes >> 20U) + " MiB";
    const cudaError_t code = cudaMalloc(&memory, bytes);
    if (code != cudaSuccess) cudaGetLastError();  // else the next launch would meet it
    check(code, what.c_str());
    memory_.push_back(memory);
    check(cudaMemsetAsync(memory, 0xFF, bytes, stream_.get()), "filling memory");
    return memory;
  }

  void upload(void* to, const void* from, std::size_t bytes) override {
    here();
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_.get()), "copy to the device");
    check(cudaStreamSynchronize(stream_.get()), "work before a copy to the device");
  }

  void download(void* to, const void* from, std::size_t bytes) override {
    here();
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_.get()), "copy from the device");
    check(cudaStreamSynchronize(stream_.get()), "work before a copy from the device");
  }

  void copy(void* to, const void* from, std::size_t bytes) override {
    here();
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_.get()), "copy on the device");
  }

  void clear(void* memory, std::size_t bytes) override {
    here();
    check(cudaMemsetAsync(memory, 0, bytes, stream_.get()), "clearing memory");
  }

  void launch(const Launch& launch, const Blocks& blocks) override {
    here();
    const dim3 grid(static_cast<unsigned>(blocks.places), static_cast<unsigned>(blocks.networks));
    with_kernel(blocks.kernel, blocks.tensor, [&](auto kernel) {
      using Here = decltype(kernel);
      on_device<Here><<<grid, Here::threads, 0, is_aside_ ? side_.get() : stream_.get()>>>(launch);
    });
    check(cudaGetLastError(), "start of a kernel");
  }

  // Records as a fork of the graph, too.
  void fork(const std::function<void()>& launches) override {
    here();
    check(cudaEventRecord(forked_.get(), stream_.get()), "recording an event");
    check(cudaStreamWaitEvent(side_.get(), forked_.get(), 0), "launches aside");
    is_aside_ = true;
    try {
      launches();
    } catch (...) {
      is_aside_ = false;
      throw;
    }
    is_aside_ = false;
  }

  void join() override {
    here();
    check(cudaEventRecord(joined_.get(), side_.get()), "recording an event");
    check(cudaStreamWaitEvent(stream_.get(), joined_.get(), 0), "waiting for launches aside");
  }

  void repeat(const std::function<void()>& step, std::int64_t times) override {
    here();
    if (graphs_) {
      prepare(step);
      for (; times >= steps_of_a_graph; times -= steps_of_a_graph)
        many_.start(stream_.get());
      for (; times > 0; --times)
        one_.start(stream_.get());
    } else {
      for (; times > 0; --times)
        step();
    }
    pace();
  }

private:
  /// The current device belongs to the thread, and torch may have changed it.
  void here() const { check(cudaSetDevice(device_), "choice of the device"); }

  /// A kernel is loaded when it is first needed, which a recording does not allow.
  static void load_kernels() {
    for (int k = 0; k <= static_cast<int>(Kernel::judge); ++k)
      for (const bool tensor : {false, true})
        with_kernel(static_cast<Kernel>(k), tensor, [](auto kernel) {
          cudaFuncAttributes attributes;
          check(cudaFuncGetAttributes(&attributes, on_device<decltype(kernel)>), "loading of a kernel");
        });
  }

  void prepare(const std::function<void()>& step) {
    if (one_.is_recorded()) return;
    load_kernels();
    one_.record(stream_.get(), step);
    many_.record(stream_.get(), [&] {
      for (std::int64_t i = 0; i < steps_of_a_graph; ++i)
        step();
    });
  }

  /// Waits for the call before this one, so that the device always has work and never more than two calls of
  /// it.
  void pace() {
    check(cudaEventRecord(done_[turn_].get(), stream_.get()), "recording an event");
    turn_ = 1 - turn_;
    if (paced_) check(cudaEventSynchronize(done_[turn_].get()), "steps of a group");
    paced_ = true;
  }

  int device_;
  bool graphs_;
  Queue stream_;
  Queue side_;  ///< what goes on beside the stream
  bool is_aside_ = false;
  Event forked_;
  Event joined_;
  Event done_[2];
  int turn_ = 0;
  bool paced_ = false;
  Graph one_;
  Graph many_;
  std::vector<void*> memory_;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options) {
  return std::make_unique<CudaBackend>(options);
}

int compute_capability(int device) {
  int major = 0;
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
        "question for the compute capability");
  return major;
}

std::size_t free_bytes(int device) {
  check(cudaSetDevice(device), "choice of the device");
  std::size_t free = 0;
  std::size_t all = 0;
  check(cudaMemGetInfo(&free, &all), "question for free memory");
  return free;
}

}  // namespace cplae::engine::cuda
