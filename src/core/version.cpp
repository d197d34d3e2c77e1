#include "cplae/core/version.hpp"

#include "cplae_version.hpp"

namespace cplae {

std::string version() {
  return CPLAE_VERSION;
}
std::string git_commit() {
  return CPLAE_GIT_COMMIT;
}
std::string build_description() {
  return std::string("g++ ") + __VERSION__ + ", " + CPLAE_BUILD_TYPE;
}

}  // namespace cplae
