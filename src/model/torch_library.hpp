#pragma once
// What needs torch is a library of its own beside the program: loading torch takes a third of a second, which
// only the reference trainer and the search for a GPU are worth.
#include <memory>
#include <string>

#include "cplae/model/device.hpp"

namespace cplae::engine {
class Engine;
struct Subject;
}  // namespace cplae::engine

namespace cplae::model {

/// What the library has.
struct TorchLibrary {
  /// GPUs that torch can use; where there are none, why.
  int (*visible_gpus)(std::string& reason);
  std::unique_ptr<engine::Engine> (*make_reference_engine)(const engine::Subject& subject,
                                                           const Device& device);
};

/// The name of its one function: `const TorchLibrary* cplae_torch_library()`.
inline constexpr const char* torch_library_symbol = "cplae_torch_library";

/// Loads it once, from the folder of the program, and settles that torch computes with one thread. Throws
/// Error naming the file and the loader's reason. One thread; local.
[[nodiscard]] const TorchLibrary& torch_library();

}  // namespace cplae::model
