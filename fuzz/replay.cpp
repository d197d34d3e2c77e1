// Runs a fuzz target on the files of a corpus, and on damaged copies of each: for compilers without
// libFuzzer.
//   fuzz_study FOLDER [COPIES]
// An input that takes more than 5 s or 2 GiB ends the program as a finding, as a crash does.
// Damage is drawn from a fixed seed, so that what one run finds the next one finds too.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <random>
#include <string_view>
#include <vector>

#include "target.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937_64;

Bytes read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::size_t below(Random& random, std::size_t end) {
  return random() % end;
}

/// Bytes changed, lengths that lie, parts cut off or out, parts doubled.
Bytes damaged(Bytes bytes, Random& random) {
  const std::size_t changes = 1 + below(random, 4);
  for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = below(random, bytes.size());
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = here + static_cast<std::ptrdiff_t>(std::min(below(random, 64) + 1, bytes.size() - at));
    switch (below(random, 6)) {
      case 0:
        *here = static_cast<std::uint8_t>(random());
        break;
      case 1:
        *here ^= static_cast<std::uint8_t>(1U << below(random, 8));
        break;
      case 2:
        std::fill(here, std::min(here + 4, bytes.end()), static_cast<std::uint8_t>(below(random, 2) * 0xFF));
        break;
      case 3:
        bytes.erase(here, end);
        break;
      case 4: {
        const Bytes part(here, end);
        bytes.insert(end, part.begin(), part.end());
        break;
      }
      default:
        if (below(random, 8) == 0) bytes.resize(at);
    }
  }
  return bytes;
}

/// What libFuzzer is told by its options.
constexpr rlim_t most_memory_bytes = rlim_t{2} << 30U;
constexpr unsigned most_seconds = 5;

/// From handlers of signals and of failed allocations: nothing but the kernel is asked.
void tell_and_end(std::string_view words) {
  static_cast<void>(!::write(STDERR_FILENO, words.data(), words.size()));
  std::_Exit(1);
}

void end_for_time(int) {
  tell_and_end("finding: an input that takes more than 5 s\n");
}

void end_for_memory() {
  tell_and_end("finding: an input that takes more than 2 GiB\n");
}

/// Memory is bounded as it is asked for, which is more than what is touched.
void bound_memory() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) != 0) std::abort();
  limit.rlim_cur = std::min(limit.rlim_max, most_memory_bytes);
  if (::setrlimit(RLIMIT_DATA, &limit) != 0) std::abort();
  std::set_new_handler(end_for_memory);
}

void run(const Bytes& bytes) {
  ::alarm(most_seconds);
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  ::alarm(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  bound_memory();
  std::signal(SIGALRM, end_for_time);
  const unsigned long copies = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Random random(1);
  for (const auto& path : files) {
    const Bytes bytes = read_all(path);
    run(bytes);
    for (unsigned long i = 0; i < copies; ++i) {
      const Bytes copy = damaged(bytes, random);
      // What crashes is found in this file.
      if (const char* last = std::getenv("FUZZ_LAST"))
        std::ofstream(last, std::ios::binary)
            .write(reinterpret_cast<const char*>(copy.data()), static_cast<std::streamsize>(copy.size()));
      run(copy);
    }
  }
  std::printf("%zu files and %lu damaged copies of each: none crashed\n", files.size(), copies);
  return files.empty() ? 1 : 0;
}
