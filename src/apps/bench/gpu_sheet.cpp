#include "apps/bench/gpu_sheet.hpp"

#include <dlfcn.h>

#include <array>

namespace cplae::apps::bench {

namespace {

/// Numbers of the CUDA driver API (cuda.h), whose header a machine without a GPU does not have.
enum Attribute : int { clock_khz = 13, multiprocessors = 16, capability_major = 75, capability_minor = 76 };

class Driver {
public:
  explicit Driver(int index) : library_(dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL)) {
    const auto start = function<int(unsigned)>("cuInit");
    const auto get = function<int(int*, int)>("cuDeviceGet");
    usable_ = start != nullptr && get != nullptr && start(0) == 0 && get(&device_, index) == 0;
  }

  [[nodiscard]] std::string name() const {
    std::array<char, 256> text{};
    const auto ask = function<int(char*, int, int)>("cuDeviceGetName");
    if (!usable_ || ask == nullptr || ask(text.data(), static_cast<int>(text.size()) - 1, device_) != 0)
      return "";
    return text.data();
  }

  /// 0 where the driver does not tell.
  [[nodiscard]] int attribute(Attribute which) const {
    const auto ask = function<int(int*, int, int)>("cuDeviceGetAttribute");
    int value = 0;
    return usable_ && ask != nullptr && ask(&value, which, device_) == 0 ? value : 0;
  }

private:
  template <class Signature>
  [[nodiscard]] Signature* function(const char* symbol) const {
    return library_ == nullptr ? nullptr : reinterpret_cast<Signature*>(dlsym(library_, symbol));
  }

  void* library_;  // never closed: torch uses the same driver
  int device_ = 0;
  bool usable_ = false;
};

/// FP32 multiply-adds a cycle of one multiprocessor (CUDA C++ programming guide, arithmetic instructions).
int lanes(int major, int minor) {
  const bool has_half = major < 8 || (major == 8 && minor == 0);
  return has_half ? 64 : 128;
}

}  // namespace

std::optional<GpuSheet> gpu_sheet(int index) {
  const Driver driver(index);
  const std::string name = driver.name();
  const int clock = driver.attribute(clock_khz);
  const int count = driver.attribute(multiprocessors);
  if (name.empty() || clock == 0 || count == 0) return std::nullopt;
  const int width = lanes(driver.attribute(capability_major), driver.attribute(capability_minor));
  return GpuSheet{name, 2.0 * count * width * clock * 1e3 / 1e9};
}

}  // namespace cplae::apps::bench
