#include "apps/bench/peak.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <vector>

#include "cplae/core/stopwatch.hpp"

namespace cplae::apps::bench {

namespace {

/// Independent sums: more than the latency of a multiply-add times those that start in a cycle, fewer than
/// there are registers.
constexpr std::size_t chains = 12;
constexpr std::int64_t rounds = 400'000;
constexpr int tries = 8;

template <class Number, std::size_t Bytes>
struct Wide {
  // `using` would drop the attribute of a dependent type.
  typedef Number Type __attribute__((vector_size(Bytes)));
};

/// Inlined into its callers, and so compiled for their instruction sets. The factor and the term come from
/// memory that the compiler knows nothing about, so nothing can be worked out beforehand.
template <class Number, std::size_t Bytes>
inline __attribute__((always_inline)) double multiply_add(const volatile Number* inputs) {
  using Vector = typename Wide<Number, Bytes>::Type;
  const Vector factor = Vector{} + inputs[0];
  const Vector term = Vector{} + inputs[1];
  Vector sums[chains];
#pragma GCC unroll 16
  for (std::size_t c = 0; c < chains; ++c)
    sums[c] = term * static_cast<Number>(c);
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (std::size_t c = 0; c < chains; ++c)
      sums[c] = sums[c] * factor + term;
  }
  Vector total{};
#pragma GCC unroll 16
  for (std::size_t c = 0; c < chains; ++c)
    total += sums[c];
  double sum = 0;
  for (std::size_t lane = 0; lane < Bytes / sizeof(Number); ++lane)
    sum += static_cast<double>(total[lane]);
  return sum;
}

template <class Number>
double baseline(const volatile Number* inputs) {
  return multiply_add<Number, 16>(inputs);
}

#if defined(__x86_64__)
template <class Number>
__attribute__((target("avx2,fma"))) double with_avx2(const volatile Number* inputs) {
  return multiply_add<Number, 32>(inputs);
}
template <class Number>
__attribute__((target("avx512f"))) double with_avx512(const volatile Number* inputs) {
  return multiply_add<Number, 64>(inputs);
}
bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") != 0;
}
#else
template <class Number>
double with_avx2(const volatile Number* inputs) {
  return baseline(inputs);
}
template <class Number>
double with_avx512(const volatile Number* inputs) {
  return baseline(inputs);
}
bool has_avx2() {
  return false;
}
bool has_avx512() {
  return false;
}
#endif

template <class Number>
double gflops(double (*kernel)(const volatile Number*), std::size_t bytes) {
  const std::array<volatile Number, 2> inputs{static_cast<Number>(0.999), static_cast<Number>(0.001)};
  const std::size_t lanes = chains * bytes / sizeof(Number);
  const double operations = 2.0 * static_cast<double>(rounds) * static_cast<double>(lanes);
  volatile double sink = 0;
  double best = 0;
  for (int attempt = 0; attempt < tries; ++attempt) {
    const Stopwatch clock;
    sink = kernel(inputs.data());
    best = std::max(best, operations / clock.seconds() / 1e9);
  }
  static_cast<void>(sink);
  return best;
}

}  // namespace

CorePeak measure_core_peak() {
  CorePeak peak{gflops<float>(baseline<float>, 16), gflops<double>(baseline<double>, 16), "baseline"};
  const auto offer = [&peak](const CorePeak& other) {
    if (other.single_gflops > peak.single_gflops) peak = other;
  };
  if (has_avx2()) offer({gflops<float>(with_avx2<float>, 32), gflops<double>(with_avx2<double>, 32), "AVX2"});
  if (has_avx512())
    offer({gflops<float>(with_avx512<float>, 64), gflops<double>(with_avx512<double>, 64), "AVX-512"});
  return peak;
}

double measure_memory_rate() {
  constexpr std::size_t count = std::size_t{12'000'000};
  std::vector<float> a(count, 0.0F);
  const std::vector<float> b(count, 1.0F);
  const std::vector<float> c(count, 2.0F);
  volatile float scale = 0.5F;
  double best = 0;
  for (int attempt = 0; attempt < tries; ++attempt) {
    const Stopwatch clock;
    const float s = scale;
    for (std::size_t i = 0; i < count; ++i)
      a[i] = b[i] + s * c[i];
    scale = a[count / 2] * 0.25F;
    best = std::max(best, 3.0 * sizeof(float) * static_cast<double>(count) / clock.seconds() / 1e9);
  }
  return best;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t at = line.find_first_not_of(" \t", line.find(':') + 1);
    if (at != std::string::npos) return line.substr(at);
  }
  return "unknown";
}

}  // namespace cplae::apps::bench
