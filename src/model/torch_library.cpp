#include "model/torch_library.hpp"

#include <dlfcn.h>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"

namespace cplae::model {

namespace {

const TorchLibrary* load_torch_library() {
  const auto file = program_folder() / "libcplae_torch.so";
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw Error("the reference trainer's library cannot be loaded: " + std::string(dlerror()));
  using Entry = const TorchLibrary* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(library, torch_library_symbol));
  if (entry == nullptr) throw Error(file.string() + ": is no library of this program: " + dlerror());
  return entry();
}

}  // namespace

const TorchLibrary& torch_library() {
  static const TorchLibrary* const loaded = load_torch_library();
  return *loaded;
}

}  // namespace cplae::model
