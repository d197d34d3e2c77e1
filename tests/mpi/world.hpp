#pragma once
#include "cplae/dist/session.hpp"

namespace cplae::test {

/// All ranks of this test program.
[[nodiscard]] const dist::Communicator& world();

}  // namespace cplae::test
