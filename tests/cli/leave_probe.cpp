/// leave_probe MODE: ranks that end in different ways, for test_leave.py.
#include <string>

#include "apps/leave.hpp"

namespace {

using namespace cplae;

ExitCode end_by(const std::string& mode, const dist::Communicator& world) {
  if (mode == "all") throw DataError("the same everywhere");
  if (mode == "each") throw IoError("rank " + std::to_string(world.rank()) + " has its own");
  if (mode == "last" && !world.is_root()) throw DataError("after all that is collective");
  if (mode == "alone") {
    if (!world.is_root()) throw Error("nobody\nknows");
    world.barrier();  // where rank 1 never comes
  }
  return ExitCode::done;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const dist::Session session(&argc, &argv);
  const dist::Communicator parting = session.world().split(0);
  const auto outcome = apps::attempt([&] { return end_by(mode, session.world()); });
  return static_cast<int>(apps::leave(session, parting, outcome, 1));
}
